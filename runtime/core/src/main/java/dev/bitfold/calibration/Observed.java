package dev.bitfold.calibration;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Holds how much a calibrator has seen, and the shape of its amax. Not safe for concurrent use. */
public final class Observed {
  private static final int FORMAT = 0x42464301;
  private static final int MAX_RANK = 32;

  private final String kind;
  private long @Nullable [] shape;
  private long elements;
  private long nonFinite;

  /**
   * Nothing yet.
   *
   * @param kind the calibrator and the settings on which its statistics depend
   */
  public Observed(String kind) {
    this.kind = kind;
  }

  /** Returns whether nothing was observed. */
  public boolean isEmpty() {
    return shape == null;
  }

  public long elements() {
    return elements;
  }

  public long nonFinite() {
    return nonFinite;
  }

  /** The number of groups; 0 if nothing was observed. */
  int groups() {
    return shape == null ? 0 : (int) count(shape);
  }

  /** Counts a batch in, or refuses it if its groups are not those of the earlier ones. */
  public void accept(Batch batch) {
    accept(batch.amax().shape(), batch.elements(), batch.nonFinite());
  }

  /**
   * Accepts everything that another calibrator has seen, as {@link #accept(Batch)} does for a
   * batch.
   */
  public void accept(Observed other) {
    if (!kind.equals(other.kind)) {
      throw new IllegalArgumentException("cannot merge a " + other.kind + " into a " + kind);
    }
    if (other.shape != null) {
      accept(other.shape, other.elements, other.nonFinite);
    }
  }

  /** Refuses a batch whose groups are not those of the earlier ones. */
  void check(Batch batch) {
    check(batch.amax().shape());
  }

  private void check(long[] other) {
    if (shape != null && !Arrays.equals(withoutLeadingOnes(shape), withoutLeadingOnes(other))) {
      throw new IllegalArgumentException(
          "the amax of a batch has shape "
              + Arrays.toString(other)
              + ", that of the earlier batches "
              + Arrays.toString(shape)
              + ": axes that keep scales must be as long in every batch");
    }
  }

  private void accept(long[] other, long moreElements, long moreNonFinite) {
    check(other);
    if (shape == null) {
      shape = other.clone();
    }
    elements += moreElements;
    nonFinite += moreNonFinite;
  }

  /** An array of the amax's shape. */
  public INDArray array(float[] values) {
    if (shape == null) {
      throw new IllegalStateException(kind + ": nothing was observed");
    }
    return shape.length == 0 ? Nd4j.scalar(values[0]) : Nd4j.create(values, shape, 'c');
  }

  public void writeTo(DataOutput out) throws IOException {
    out.writeInt(FORMAT);
    out.writeUTF(kind);
    out.writeInt(shape == null ? -1 : shape.length);
    if (shape != null) {
      for (long size : shape) {
        out.writeLong(size);
      }
    }
    out.writeLong(elements);
    out.writeLong(nonFinite);
  }

  public static Observed readFrom(DataInput in, String kind) throws IOException {
    int format = in.readInt();
    if (format != FORMAT) {
      throw new IOException("not the statistics of a calibrator: " + Integer.toHexString(format));
    }
    String written = in.readUTF();
    if (!written.equals(kind)) {
      throw new IOException("the statistics of a " + written + ", not of a " + kind);
    }
    Observed observed = new Observed(kind);
    int rank = in.readInt();
    if (rank >= 0) {
      observed.shape = readShape(in, rank);
    }
    observed.elements = in.readLong();
    observed.nonFinite = in.readLong();
    if (rank < -1 || !observed.isConsistent()) {
      throw damaged(kind);
    }
    return observed;
  }

  /** Every group has seen a value, so that a wrong size does not ask for all memory. */
  private boolean isConsistent() {
    long seen = elements + nonFinite;
    return elements >= 0 && nonFinite >= 0 && (shape == null ? seen == 0 : groups() <= seen);
  }

  private static long[] readShape(DataInput in, int rank) throws IOException {
    if (rank > MAX_RANK) {
      throw damaged("calibrator");
    }
    long[] shape = new long[rank];
    long groups = 1;
    for (int i = 0; i < rank; i++) {
      shape[i] = in.readLong();
      if (shape[i] < 1 || shape[i] > Integer.MAX_VALUE / groups) {
        throw damaged("calibrator");
      }
      groups *= shape[i];
    }
    return shape;
  }

  /** Returns the exception for statistics that cannot have been written. */
  static IOException damaged(String kind) {
    return new IOException("damaged statistics of a " + kind);
  }

  /** One value per group. */
  public float[] readFloats(DataInput in) throws IOException {
    float[] values = new float[groups()];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.readFloat();
    }
    return values;
  }

  public static void writeFloats(DataOutput out, float[] values) throws IOException {
    for (float value : values) {
      out.writeFloat(value);
    }
  }

  private static long[] withoutLeadingOnes(long[] shape) {
    int from = 0;
    while (from < shape.length && shape[from] == 1) {
      from++;
    }
    return Arrays.copyOfRange(shape, from, shape.length);
  }

  private static long count(long[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }
}
