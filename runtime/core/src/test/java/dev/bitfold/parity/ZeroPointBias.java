package dev.bitfold.parity;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The bias of a layer that computes with integers: it takes up what the zero point of an affine
 * input adds to every output. Fake quantization has no use for it, as its values are free of the
 * zero point already.
 */
public final class ZeroPointBias {
  private ZeroPointBias() {}

  /**
   * With an input {@code x = (code - zeroPoint) * scale}, {@code W x + b = W (scale * code) + b'}
   * with {@code b'[o] = b[o] - scale * zeroPoint * sum of W[o]}: Jacob et al., Quantization and
   * Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, CVPR 2018, eq. 7.
   * A convolution must pad with the zero point, not with 0. Sums are accumulated in double.
   *
   * @param bias [O] float32; null for none
   * @param weight what the weight's codes stand for, so the quantized one; at least the axis O
   * @param layout names the output channels, {@code O}
   * @param scale of the input, per tensor
   * @param zeroPoint of the input, per tensor
   * @return b', a new tensor [O]
   * @throws IllegalArgumentException if the layout has no O or does not fit the weight's rank, the
   *     bias is not [O], or the scale is not finite and above 0
   */
  public static INDArray absorb(
      @Nullable INDArray bias, INDArray weight, Layout layout, float scale, int zeroPoint) {
    Objects.requireNonNull(weight, "weight");
    Objects.requireNonNull(layout, "layout");
    if (!(scale > 0 && Float.isFinite(scale))) {
      throw new IllegalArgumentException("scale " + scale + ": it is finite and above 0");
    }
    int axis = layout.axis('O', weight.rank());
    int outputs = Math.toIntExact(weight.size(axis));
    if (bias != null && !Arrays.equals(bias.shape(), new long[] {outputs})) {
      throw new IllegalArgumentException(
          "a bias of shape "
              + Arrays.toString(bias.shape())
              + " for a weight of layout "
              + layout
              + " and shape "
              + Arrays.toString(weight.shape()));
    }
    double[] sums = sums(DenseFloats.of(weight, "a weight").copy(), weight.shape(), axis);
    float[] before = bias == null ? new float[outputs] : DenseFloats.of(bias, "a bias").copy();
    float[] after = new float[outputs];
    for (int o = 0; o < outputs; o++) {
      after[o] = (float) (before[o] - (double) scale * zeroPoint * sums[o]);
    }
    return Nd4j.createFromArray(after);
  }

  private static double[] sums(float[] values, long[] shape, int axis) {
    int outputs = (int) shape[axis];
    int inner = 1;
    for (int i = axis + 1; i < shape.length; i++) {
      inner *= (int) shape[i];
    }
    double[] sums = new double[outputs];
    for (int i = 0; i < values.length; i++) {
      sums[i / inner % outputs] += values[i];
    }
    return sums;
  }
}
