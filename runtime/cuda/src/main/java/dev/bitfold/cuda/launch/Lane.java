package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaStream;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.driver.Staging;

/**
 * What one operation at a time works with: a stream, memory, and a way there and back. Of one
 * thread at a time.
 */
public final class Lane implements Constants, AutoCloseable {
  private final CudaStream stream;
  private final Staging staging;
  private final Arena arena;
  private final LaunchArguments arguments = new LaunchArguments();

  Lane(CudaDevice device) {
    this.stream = device.openStream();
    try {
      this.staging = new Staging(stream);
    } catch (RuntimeException e) {
      stream.close();
      throw e;
    }
    this.arena = new Arena(device);
  }

  /** What the operation is given to. */
  public CudaStream stream() {
    return stream;
  }

  /** The way to the card and back. */
  public Staging staging() {
    return staging;
  }

  /**
   * Gives out memory of the device until the operation is over.
   *
   * @return where it starts, at a multiple of 256 bytes
   */
  public DevicePointer take(long bytes) {
    return arena.take(bytes);
  }

  /** Takes back all memory that was given out: nothing uses it any more. */
  public void reset() {
    arena.reset();
  }

  /** Arguments for the next launch, none yet. */
  public LaunchArguments arguments() {
    return arguments.clear();
  }

  /** To memory that is theirs until the operation is over. */
  @Override
  public DevicePointer floats(float[] values, int count) {
    DevicePointer to = arena.take((long) Float.BYTES * count);
    staging.upload(values, count, to);
    return to;
  }

  @Override
  public DevicePointer integers(int[] values) {
    DevicePointer to = arena.take((long) Integer.BYTES * values.length);
    staging.upload(values, to);
    return to;
  }

  @Override
  @SuppressWarnings("try") // what is closed is not used
  public void close() {
    try (arena;
        stream;
        staging) {
      // All are, whatever one of them throws.
    }
  }
}
