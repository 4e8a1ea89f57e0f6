package dev.bitfold.internal.replay;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Holds floats and their shape between machines.
 *
 * @param values the values in c order
 * @param shape the shape; empty for a scalar
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Floats(float[] values, long[] shape) {
  private static final int MAX_RANK = 32;

  static void write(DataOutput out, float[] values, long... shape) throws IOException {
    out.writeInt(shape.length);
    for (long size : shape) {
      out.writeLong(size);
    }
    out.writeInt(values.length);
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES));
    bytes.asFloatBuffer().put(values);
    out.write(bytes.array());
  }

  static Floats read(DataInput in) throws IOException {
    int rank = in.readInt();
    if (rank < 0 || rank > MAX_RANK) {
      throw new IOException("damaged floats of rank " + rank);
    }
    long[] shape = new long[rank];
    for (int i = 0; i < rank; i++) {
      shape[i] = in.readLong();
    }
    byte[] bytes = new byte[Math.multiplyExact(in.readInt(), Float.BYTES)];
    in.readFully(bytes);
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return new Floats(values, shape);
  }
}
