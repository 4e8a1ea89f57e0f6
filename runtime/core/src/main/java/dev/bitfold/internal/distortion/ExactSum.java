package dev.bitfold.internal.distortion;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Sums doubles and rounds once, so that the sum does not depend on their order. Source: Shewchuk,
 * Adaptive Precision Floating-Point Arithmetic, 1997. Not safe for concurrent use.
 */
final class ExactSum {
  /** The largest number of doubles that do not overlap. */
  private static final int MAX_PARTS = 64;

  // What was added, as doubles that do not overlap, from the smallest to the largest.
  private double[] parts = new double[4];
  private int count;
  private double notFinite;

  void add(double value) {
    if (!Double.isFinite(value)) {
      notFinite += value;
      return;
    }
    double carried = value;
    int kept = 0;
    for (int i = 0; i < count; i++) {
      double large = Math.abs(carried) < Math.abs(parts[i]) ? parts[i] : carried;
      double small = Math.abs(carried) < Math.abs(parts[i]) ? carried : parts[i];
      double sum = large + small;
      double lost = small - (sum - large);
      if (lost != 0) {
        parts[kept++] = lost;
      }
      carried = sum;
    }
    if (kept == parts.length) {
      parts = Arrays.copyOf(parts, 2 * parts.length);
    }
    parts[kept++] = carried;
    count = kept;
  }

  /** Adds what another sum has added. */
  void add(ExactSum other) {
    for (int i = 0; i < other.count; i++) {
      add(other.parts[i]);
    }
    notFinite += other.notFinite;
  }

  void writeTo(DataOutput out) throws IOException {
    out.writeInt(count);
    for (int i = 0; i < count; i++) {
      out.writeDouble(parts[i]);
    }
    out.writeDouble(notFinite);
  }

  /** Adds what another sum wrote. */
  void readFrom(DataInput in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > MAX_PARTS) {
      throw new IOException("damaged sum of " + length + " parts");
    }
    for (int i = 0; i < length; i++) {
      add(in.readDouble());
    }
    notFinite += in.readDouble();
  }

  /** Returns the double nearest to the sum, or the even one of two that are equally near. */
  double value() {
    if (notFinite != 0 || count == 0) {
      return notFinite;
    }
    int i = count - 1;
    double high = parts[i];
    double lost = 0;
    while (i > 0 && lost == 0) {
      double before = high;
      double next = parts[--i];
      high = before + next;
      lost = next - (high - before);
    }
    // The addition has rounded half to even, but the remainder tells which side is nearer.
    if (i > 0 && Math.signum(lost) == Math.signum(parts[i - 1])) {
      double twice = 2 * lost;
      double other = high + twice;
      if (twice == other - high) {
        return other;
      }
    }
    return high;
  }
}
