package dev.bitfold.calibration;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Source;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds one batch for calibrators: dense, checked, with the amax of each group. */
public final class Batch {
  private final Quantizer quantizer;
  private final DenseFloats dense;
  private final INDArray amax;
  private final long[] leftOut;

  private Batch(Quantizer quantizer, DenseFloats dense, INDArray amax, long[] leftOut) {
    this.quantizer = quantizer;
    this.dense = dense;
    this.amax = amax;
    this.leftOut = leftOut;
  }

  /**
   * Reads a batch that is not empty.
   *
   * @param quantizer the quantizer, which determines the groups
   */
  public static Batch of(Quantizer quantizer, INDArray x, NonFinite nonFinite) {
    DenseFloats dense = DenseFloats.of(x, "a batch");
    INDArray amax = quantizer.amax(dense.array());
    float[] values = floats(amax);
    if (nonFinite == NonFinite.KEEP || allFinite(values)) {
      return new Batch(quantizer, dense, amax, new long[0]);
    }
    if (nonFinite == NonFinite.REFUSE) {
      throw refusal(dense);
    }
    return withoutNonFinite(quantizer, dense);
  }

  private static Batch withoutNonFinite(Quantizer quantizer, DenseFloats dense) {
    Groups groups = quantizer.groups(dense.array().shape());
    float[] values = dense.copy();
    long[] leftOut = new long[groups.count()];
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        values[i] = 0;
        leftOut[groups.group(i)]++;
      }
    }
    INDArray cleaned = DenseFloats.array(values, dense.array().shape());
    return new Batch(
        quantizer, DenseFloats.of(cleaned, "a batch"), quantizer.amax(cleaned), leftOut);
  }

  private static IllegalArgumentException refusal(DenseFloats dense) {
    float[] values = dense.copy();
    int at = 0;
    while (at < values.length - 1 && Float.isFinite(values[at])) {
      at++;
    }
    long[] index = new long[dense.array().rank()];
    long rest = at;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % dense.array().size(axis);
      rest /= dense.array().size(axis);
    }
    return new IllegalArgumentException(
        "a batch of shape "
            + Arrays.toString(dense.array().shape())
            + " holds "
            + values[at]
            + " at "
            + Arrays.toString(index));
  }

  /** Returns the amax of each group; 0 if all of its values were left out. */
  public INDArray amax() {
    return amax;
  }

  /** Returns the values of {@link #amax()} in c order. */
  public float[] amaxValues() {
    return floats(amax);
  }

  /** Returns how many values of each group were left out and are zeros here; empty if none were. */
  long[] leftOut() {
    return leftOut;
  }

  /** Returns the number of values that were left out. */
  long nonFinite() {
    return Arrays.stream(leftOut).sum();
  }

  /** Returns the number of values that were not left out. */
  public long elements() {
    return dense.length() - nonFinite();
  }

  /** Returns the groups of the elements. */
  Groups groups() {
    return quantizer.groups(dense.array().shape());
  }

  /** Returns the batch itself, or a dense copy with zeros for values that were left out. */
  public INDArray dense() {
    return dense.array();
  }

  /** Returns a copy of the values in c order. */
  public float[] copy() {
    return dense.copy();
  }

  /** Reads the values in runs of adjacent elements whose groups are known. */
  public void forEach(GroupRuns.Run run) {
    Groups groups = groups();
    dense.use(values -> GroupRuns.forEach(values, groups, run));
  }

  /** Finds the smallest and the largest value of each group. */
  void range(float[] min, float[] max) {
    Groups groups = groups();
    dense.use(values -> quantizer.kernels().range(Source.of(values), groups, min, max));
  }

  /** Counts the values. */
  void count(BinnedCounts counts) {
    Groups groups = groups();
    dense.use(values -> counts.count(quantizer.kernels(), values, groups));
  }

  private static boolean allFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  public static float[] floats(INDArray array) {
    return DenseFloats.of(array, "a tensor").copy();
  }
}
