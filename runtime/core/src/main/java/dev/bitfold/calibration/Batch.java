package dev.bitfold.calibration;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.Source;
import dev.bitfold.quantizer.Quantizer;
import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** One batch as calibrators see it: dense, checked, with the amax of each group. */
final class Batch {
  private final Quantizer quantizer;
  private final INDArray dense;
  private final INDArray amax;
  private final long[] leftOut;

  private Batch(Quantizer quantizer, INDArray dense, INDArray amax, long[] leftOut) {
    this.quantizer = quantizer;
    this.dense = dense;
    this.amax = amax;
    this.leftOut = leftOut;
  }

  /**
   * Reads a batch that is not empty.
   *
   * @param quantizer says the groups
   */
  static Batch of(Quantizer quantizer, INDArray x, NonFinite nonFinite) {
    INDArray dense = isDense(x) ? x : x.castTo(DataType.FLOAT).dup('c');
    INDArray amax = quantizer.amax(dense);
    float[] values = floats(amax);
    if (nonFinite == NonFinite.KEEP || allFinite(values)) {
      return new Batch(quantizer, dense, amax, new long[0]);
    }
    if (nonFinite == NonFinite.REFUSE) {
      throw refusal(dense);
    }
    return withoutNonFinite(quantizer, dense);
  }

  private static Batch withoutNonFinite(Quantizer quantizer, INDArray dense) {
    Groups groups = groups(quantizer, dense);
    float[] values = floats(dense);
    long[] leftOut = new long[groups.count()];
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        values[i] = 0;
        leftOut[groups.group(i)]++;
      }
    }
    INDArray cleaned = Nd4j.create(values, dense.shape(), 'c');
    return new Batch(quantizer, cleaned, quantizer.amax(cleaned), leftOut);
  }

  private static IllegalArgumentException refusal(INDArray dense) {
    float[] values = floats(dense);
    int at = 0;
    while (at < values.length - 1 && Float.isFinite(values[at])) {
      at++;
    }
    long[] index = new long[dense.rank()];
    long rest = at;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % dense.size(axis);
      rest /= dense.size(axis);
    }
    return new IllegalArgumentException(
        "a batch of shape "
            + Arrays.toString(dense.shape())
            + " holds "
            + values[at]
            + " at "
            + Arrays.toString(index));
  }

  /** The amax of each group; of values that were left out 0. */
  INDArray amax() {
    return amax;
  }

  /** The values of {@link #amax()} in c order. */
  float[] amaxValues() {
    return floats(amax);
  }

  /** How many values of each group were left out: they are zeros here; empty if none. */
  long[] leftOut() {
    return leftOut;
  }

  /** Values that were left out. */
  long nonFinite() {
    return Arrays.stream(leftOut).sum();
  }

  /** Values that were not left out. */
  long elements() {
    return dense.length() - nonFinite();
  }

  /** Where each element's group is. */
  Groups groups() {
    return groups(quantizer, dense);
  }

  /** The batch itself, or a dense copy without what was left out. */
  INDArray dense() {
    return dense;
  }

  /** Reads the values in c order. */
  void read(Consumer<FloatBuffer> reader) {
    try {
      reader.accept(buffer(dense));
    } finally {
      // A buffer does not keep the array alive whose memory it reads.
      Reference.reachabilityFence(dense);
    }
  }

  /** A copy of the values in c order. */
  float[] copy() {
    return floats(dense);
  }

  /** Reads the values in runs of neighbours whose groups are known. */
  void forEach(GroupRuns.Run run) {
    Groups groups = groups();
    read(values -> GroupRuns.forEach(values, groups, run));
  }

  /** The smallest and the largest value of each group. */
  void range(float[] min, float[] max) {
    Groups groups = groups();
    read(values -> Kernels.active().range(Source.of(values), groups, min, max));
  }

  private static Groups groups(Quantizer quantizer, INDArray x) {
    return Groups.of(x.shape(), quantizer.blocks(x.rank()));
  }

  private static boolean allFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  static float[] floats(INDArray array) {
    float[] values = new float[Math.toIntExact(array.length())];
    INDArray dense = isDense(array) ? array : array.castTo(DataType.FLOAT).dup('c');
    try {
      buffer(dense).get(values);
    } finally {
      Reference.reachabilityFence(dense);
    }
    return values;
  }

  // A transposed array reports an element-wise stride of 1, so that ND4J's flags will not do.
  private static boolean isDense(INDArray x) {
    if (x.dataType() != DataType.FLOAT) {
      return !x.dataType().isFPType(); // left to the quantizer, which refuses it by name
    }
    long expected = 1;
    for (int axis = x.rank() - 1; axis >= 0; axis--) {
      if (x.size(axis) != 1 && x.stride(axis) != expected) {
        return false;
      }
      expected *= x.size(axis);
    }
    return true;
  }

  private static FloatBuffer buffer(INDArray dense) {
    FloatPointer pointer = new FloatPointer(dense.data().pointer());
    return pointer.position(dense.offset()).limit(dense.offset() + dense.length()).asBuffer();
  }
}
