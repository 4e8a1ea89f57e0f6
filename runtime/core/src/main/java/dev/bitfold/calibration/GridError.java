package dev.bitfold.calibration;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.quantizer.Quantizer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Computes the error of a number format at a given amax. Immutable. */
public final class GridError {
  private static final int MAX_AT_ONCE = 1 << 16;

  private final Quantizer quantizer;

  /** Makes the error of a descriptor's number format. The granularity does not matter. */
  public GridError(QuantDescriptor descriptor, QuantKernels kernels) {
    quantizer = Quantizer.of(formatOf(descriptor).axis(0).build(), Layout.UNKNOWN, kernels);
  }

  /** Returns a descriptor with only the number format of the given one. */
  public static QuantDescriptor.Builder formatOf(QuantDescriptor descriptor) {
    QuantDescriptor.Builder format =
        QuantDescriptor.builder()
            .format(descriptor.namedFormat())
            .unsigned(descriptor.unsigned())
            .narrowRange(descriptor.narrowRange());
    return format.bits(descriptor.bits().stream().mapToInt(Integer::intValue).toArray());
  }

  /**
   * Returns the weighted sums of squared errors, in double.
   *
   * @param values the values to quantize
   * @param weights the weights of the values
   * @param amax the candidates
   * @return one sum for each candidate
   */
  public double[] squared(float[] values, long[] weights, float[] amax) {
    double[] sums = new double[amax.length];
    int rows = Math.max(1, MAX_AT_ONCE / values.length);
    for (int from = 0; from < amax.length; from += rows) {
      int count = Math.min(rows, amax.length - from);
      float[] repeated = new float[count * values.length];
      float[] candidates = new float[count];
      for (int r = 0; r < count; r++) {
        System.arraycopy(values, 0, repeated, r * values.length, values.length);
        candidates[r] = amax[from + r];
      }
      INDArray x = Nd4j.create(repeated, new long[] {count, values.length}, 'c');
      INDArray scales = Nd4j.create(candidates, new long[] {count, 1}, 'c');
      float[] quantized = Batch.floats(quantizer.withAmax(scales).quantize(x));
      for (int r = 0; r < count; r++) {
        sums[from + r] = error(values, weights, quantized, r * values.length);
      }
    }
    return sums;
  }

  private static double error(float[] values, long[] weights, float[] quantized, int from) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double difference = (double) quantized[from + i] - values[i];
      sum += weights[i] * difference * difference;
    }
    return sum;
  }
}
