package dev.bitfold.onnx.proof;

import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Bounds the difference between an exported file and the reference.
 *
 * <p>Both have the same codes at the beginning of each part between two cuts. The remaining
 * differences are roundings of float32 sums in another order. For a sum of K products, they are
 * about {@code sqrt(K) * 2^-24} of its largest partial sum, or 4e-6 at K = 4096. {@link #RELATIVE}
 * is 25 times that, and one eightieth of an 8-bit step. It is relative to the largest value of the
 * tensor. If the value is quantized next, a code is correct exactly if Bitfold's quantizer gives it
 * for a number within the bound. A value next to the midpoint of two codes may therefore get either
 * of them.
 */
final class Bound {
  static final double RELATIVE = 1e-4;

  /** The largest bound, as a part of the range of a quantizer: an eighth of an 8-bit step. */
  private static final double OF_RANGE = 1.0 / (8 * 255);

  /**
   * The bound for a number that two float32 formulas compute: a code times the scale, or divided by
   * its inverse.
   */
  private static final float FORMULAS = 4e-7f;

  private Bound() {}

  /**
   * Describes a difference.
   *
   * @param relative the difference relative to the largest value of the tensor
   * @param where the index of the largest difference
   * @param exceeds whether the bound is exceeded
   */
  record Difference(
      double relative, String where, double expected, double actual, boolean exceeds) {
    static final Difference NONE = new Difference(0, "", 0, 0, false);

    /** Returns the difference of a tensor that is wrong as a whole. */
    static Difference of(String what) {
      return new Difference(Double.NaN, what, Double.NaN, Double.NaN, true);
    }

    String text() {
      return Double.isNaN(relative)
          ? where
          : String.format(
              java.util.Locale.ROOT,
              "by %.2g of the largest value (%s for %s at %s)",
              relative,
              (float) actual,
              (float) expected,
              where);
    }
  }

  /**
   * Compares floats.
   *
   * @param spread how far each value may legitimately vary, which may be more than the bound; null
   *     if no more
   */
  static Difference of(INDArray expected, INDArray actual, float @Nullable [] spread) {
    Optional<Difference> other = shapes(expected, actual);
    if (other.isPresent() || expected.length() == 0) {
      return other.orElse(Difference.NONE);
    }
    float[] e = floats(expected);
    float[] a = floats(actual);
    return worst(expected.shape(), e, a, e, e, largest(e), largest(e), FORMULAS, spread);
  }

  /**
   * Compares the value after a cut with the correct values.
   *
   * @param before the value of the reference before the cut
   * @param behind the value of the exported file after the cut
   */
  static Difference of(
      INDArray before, INDArray behind, Activation activation, float @Nullable [] spread) {
    Optional<Difference> other = shapes(before, behind);
    if (other.isPresent() || before.length() == 0) {
      return other.orElse(Difference.NONE);
    }
    float[] x = floats(activation.scaled(before));
    float largest = largest(x);
    Activation.Range range = activation.range(x);
    double width = (double) range.high() - range.low();
    double bound = Math.min(RELATIVE * largest, width * OF_RANGE);
    float[] low = x.clone();
    float[] high = x.clone();
    double ends = bound;
    for (int i = 0; i < x.length; i++) {
      double by = spread == null ? bound : Math.max(bound, spread[i]);
      low[i] = (float) (x[i] - by);
      high[i] = (float) (x[i] + by);
      if (x[i] == range.low() || x[i] == range.high()) {
        ends = Math.max(ends, by);
      }
      if (activation.unsigned()) {
        low[i] = Math.max(0, low[i]);
        high[i] = Math.max(0, high[i]);
        x[i] = Math.max(0, x[i]);
      }
    }
    long[] shape = before.shape();
    Right right = Right.of(activation, range, (float) ends, low, high, shape);
    return worst(
        shape,
        quantized(activation.quantize(), x, shape),
        floats(behind),
        right.low(),
        right.high(),
        Math.min(largest, Math.max(Math.abs(range.low()), Math.abs(range.high()))),
        0,
        activation.ofRange().isEmpty() || width == 0 ? FORMULAS : FORMULAS + 2 * ends / width,
        null);
  }

  /**
   * Holds the smallest and the largest correct numbers after a cut.
   *
   * @param low the smallest number for each element
   * @param high the largest number for each element
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Right(float[] low, float[] high) {
    /**
     * Returns the numbers that Bitfold's quantizer gives. A dynamic scale varies with the ends of
     * the tensor's range, so the quantizers of all ranges whose ends are within the bound are used.
     */
    static Right of(
        Activation activation,
        Activation.Range range,
        float ends,
        float[] low,
        float[] high,
        long[] shape) {
      if (activation.ofRange().isEmpty()) {
        return new Right(
            quantized(activation.quantize(), low, shape),
            quantized(activation.quantize(), high, shape));
      }
      Right right = new Right(filled(low.length, 1), filled(low.length, -1));
      for (int end = 0; end < 4; end++) {
        float from = range.low() == 0 ? 0 : range.low() + ((end & 1) == 0 ? -ends : ends);
        float to = range.high() == 0 ? 0 : range.high() + ((end & 2) == 0 ? -ends : ends);
        UnaryOperator<INDArray> quantizer =
            activation.ofRange().get().apply(new Activation.Range(from, to));
        float[] l = quantized(quantizer, low, shape);
        float[] h = quantized(quantizer, high, shape);
        for (int i = 0; i < l.length; i++) {
          right.low[i] = Math.min(right.low[i], l[i]);
          right.high[i] = Math.max(right.high[i], h[i]);
        }
      }
      return right;
    }

    private static float[] filled(int length, int sign) {
      float[] values = new float[length];
      Arrays.fill(values, sign * Float.POSITIVE_INFINITY);
      return values;
    }
  }

  private static float[] quantized(
      UnaryOperator<INDArray> quantizer, float[] values, long[] shape) {
    return floats(quantizer.apply(DenseFloats.array(values, shape)));
  }

  /** Compares integers and booleans, which must be equal, or among the correct ones. */
  static Difference of(
      HostValue.Integers expected, HostValue.Integers actual, List<long[]> others) {
    if (!Arrays.equals(expected.shape(), actual.shape())) {
      return Difference.of("as it is " + actual + ", not " + expected);
    }
    for (int i = 0; i < expected.values().length; i++) {
      long low = expected.values()[i];
      long high = low;
      for (long[] other : others) {
        low = Math.min(low, other[i]);
        high = Math.max(high, other[i]);
      }
      long value = actual.values()[i];
      if (value < low || value > high) {
        return Difference.of(
            "as it has "
                + value
                + " for "
                + expected.values()[i]
                + " at "
                + index(expected.shape(), i));
      }
    }
    return Difference.NONE;
  }

  private static Optional<Difference> shapes(INDArray expected, INDArray actual) {
    return Arrays.equals(expected.shape(), actual.shape())
        ? Optional.empty()
        : Optional.of(
            Difference.of(
                "as it is of shape "
                    + Arrays.toString(actual.shape())
                    + ", not "
                    + Arrays.toString(expected.shape())));
  }

  /**
   * Returns the worst difference of all elements. Elements for which the reference has no number
   * are not compared.
   */
  private static Difference worst(
      long[] shape,
      float[] expected,
      float[] actual,
      float[] low,
      float[] high,
      float largest,
      float bounded,
      double formulas,
      float @Nullable [] spread) {
    double worst = 0;
    int at = -1;
    boolean exceeds = false;
    for (int i = 0; i < expected.length; i++) {
      if (Float.isNaN(expected[i]) || expected[i] == actual[i]) {
        continue;
      }
      double by = Math.abs((double) actual[i] - expected[i]);
      double allowed = RELATIVE * bounded + formulas * Math.abs(expected[i]);
      allowed = spread == null ? allowed : Math.max(allowed, spread[i]);
      boolean out =
          !(actual[i] >= Math.min(low[i], high[i]) - allowed
              && actual[i] <= Math.max(low[i], high[i]) + allowed);
      if (Double.isNaN(by)) {
        by = Double.POSITIVE_INFINITY;
      }
      if ((out && !exceeds) || (out == exceeds && by > worst)) {
        worst = by;
        at = i;
      }
      exceeds |= out;
    }
    if (at < 0) {
      return Difference.NONE;
    }
    double relative = largest == 0 ? Double.POSITIVE_INFINITY : worst / largest;
    return new Difference(relative, index(shape, at), expected[at], actual[at], exceeds);
  }

  private static String index(long[] shape, long flat) {
    List<Long> index = new ArrayList<>();
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index.add(0, flat % shape[axis]);
      flat /= shape[axis];
    }
    return index.toString();
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      if (Float.isFinite(value)) {
        largest = Math.max(largest, Math.abs(value));
      }
    }
    return largest;
  }

  static float[] floats(INDArray x) {
    return DenseFloats.of(x, "a value").copy();
  }
}
