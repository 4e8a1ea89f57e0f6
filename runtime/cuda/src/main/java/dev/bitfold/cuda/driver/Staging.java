package dev.bitfold.cuda.driver;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;

/**
 * Copies between host and device through two pinned buffers: while the device takes one, the other
 * is filled. When an upload returns, its source may change. When a download returns, it is
 * complete. Not safe for concurrent use.
 */
public final class Staging implements AutoCloseable {
  private static final int HALF = 4 << 20;

  /** Every piece starts at a multiple of this number of bytes. */
  private static final int ALIGNMENT = 16;

  private final PinnedMemory[] halves;
  private int half;
  private int used;

  /** Makes the staging of a stream. */
  public Staging(CudaStream stream) {
    PinnedMemory first = new PinnedMemory(stream, HALF);
    try {
      this.halves = new PinnedMemory[] {first, new PinnedMemory(stream, HALF)};
    } catch (RuntimeException e) {
      first.close();
      throw e;
    }
  }

  /** Writes a piece of the source to a buffer, from the buffer's position on. */
  private interface Writer {
    void write(ByteBuffer to, long from, int bytes);
  }

  /** Reads a fetched piece. */
  private interface Reader {
    void read(ByteBuffer from, long to, int bytes);
  }

  /** Sends the first {@code count} floats of a buffer, whose position does not matter. */
  public void upload(FloatBuffer values, int count, DevicePointer at) {
    upload(
        4L * count,
        at,
        (to, from, bytes) -> to.asFloatBuffer().put(0, values, (int) (from / 4), bytes / 4));
  }

  /** Sends the first {@code count} floats of an array. */
  public void upload(float[] values, int count, DevicePointer at) {
    upload(
        4L * count,
        at,
        (to, from, bytes) -> to.asFloatBuffer().put(0, values, (int) (from / 4), bytes / 4));
  }

  /** Sends integers. */
  public void upload(int[] values, DevicePointer at) {
    upload(
        4L * values.length,
        at,
        (to, from, bytes) -> to.asIntBuffer().put(0, values, (int) (from / 4), bytes / 4));
  }

  /** Fetches {@code count} floats to a buffer, from index 0. */
  public void download(DevicePointer at, FloatBuffer out, int count) {
    download(
        4L * count,
        at,
        (from, to, bytes) -> {
          FloatBuffer piece = from.asFloatBuffer();
          out.put((int) (to / 4), piece, 0, bytes / 4);
        });
  }

  /** Fetches integers. */
  public void download(DevicePointer at, int[] out, int count) {
    download(
        4L * count,
        at,
        (from, to, bytes) -> {
          IntBuffer piece = from.asIntBuffer();
          piece.get(0, out, (int) (to / 4), bytes / 4);
        });
  }

  /** Fetches doubles. */
  public void download(DevicePointer at, double[] out, int count) {
    download(
        8L * count,
        at,
        (from, to, bytes) -> {
          DoubleBuffer piece = from.asDoubleBuffer();
          piece.get(0, out, (int) (to / 8), bytes / 8);
        });
  }

  /** Fetches 64-bit integers and adds them to {@code out}. */
  public void downloadAdding(DevicePointer at, long[] out, int count) {
    download(
        8L * count,
        at,
        (from, to, bytes) -> {
          LongBuffer piece = from.asLongBuffer();
          int first = (int) (to / 8);
          for (int i = 0; i < bytes / 8; i++) {
            out[first + i] += piece.get(i);
          }
        });
  }

  private void upload(long bytes, DevicePointer at, Writer writer) {
    for (long done = 0; done < bytes; ) {
      if (HALF - used < Math.min(bytes - done, ALIGNMENT)) {
        turn();
      }
      int piece = (int) Math.min(bytes - done, HALF - used);
      PinnedMemory memory = halves[half];
      writer.write(
          memory.buffer().position(used).slice().order(memory.buffer().order()), done, piece);
      memory.send(used, at.plus(done), piece);
      memory.mark();
      used = Math.min(HALF, (used + piece + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
      done += piece;
    }
  }

  /** Continues with the other half, once the device has taken its contents. */
  private void turn() {
    half = 1 - half;
    halves[half].await();
    used = 0;
  }

  private void download(long bytes, DevicePointer at, Reader reader) {
    // What was sent from the halves is still on its way.
    halves[0].await();
    halves[1].await();
    used = 0;
    long asked = 0;
    for (int h = 0; h < 2 && asked < bytes; h++) {
      asked += ask(h, at, asked, bytes);
    }
    int turn = 0;
    for (long done = 0; done < bytes; turn = 1 - turn) {
      int piece = (int) Math.min(bytes - done, HALF);
      halves[turn].await();
      ByteBuffer buffer = halves[turn].buffer();
      reader.read(buffer.position(0).slice().order(buffer.order()), done, piece);
      done += piece;
      if (asked < bytes) {
        asked += ask(turn, at, asked, bytes);
      }
    }
  }

  private int ask(int which, DevicePointer at, long from, long bytes) {
    int piece = (int) Math.min(bytes - from, HALF);
    halves[which].fetch(at.plus(from), piece);
    halves[which].mark();
    return piece;
  }

  @Override
  public void close() {
    try {
      halves[0].close();
    } finally {
      halves[1].close();
    }
  }
}
