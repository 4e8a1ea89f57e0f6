package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds factors along one axis.
 *
 * @param factors one factor for each index; must not be changed
 * @param axis the axis, negative from the end
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
public record AxisScale(float[] factors, int axis) {
  /**
   * Returns a copy of an array's factors.
   *
   * @throws IllegalArgumentException if a factor is NaN or infinite
   */
  public static AxisScale of(QuantDescriptor descriptor, INDArray scale, int axis) {
    float[] factors = DenseFloats.of(scale, "a pre-quant scale").copy();
    for (float factor : factors) {
      if (!Float.isFinite(factor)) {
        throw new IllegalArgumentException(
            "pre-quant scale of shape "
                + Arrays.toString(scale.shape())
                + " for "
                + descriptor
                + " holds "
                + factor);
      }
    }
    return new AxisScale(factors, axis);
  }

  /**
   * Returns which factor each element of a tensor takes.
   *
   * @throws IllegalArgumentException if the axis or its length does not fit
   */
  public Groups groups(QuantDescriptor descriptor, long[] shape) {
    int at = axis < 0 ? axis + shape.length : axis;
    if (at < 0 || at >= shape.length || shape[at] != factors.length) {
      throw Misfit.of(
          descriptor,
          shape,
          "a pre-quant scale of "
              + factors.length
              + " factors along axis "
              + axis
              + " does not fit");
    }
    return Groups.perIndex(shape, at);
  }
}
