package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.TensorKernels;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/** A tensor with its pre-scale, for one call. */
public final class TensorView {
  private final QuantDescriptor descriptor;
  private final DataType type;
  private final long[] shape;
  private final TensorKernels kernels;
  private final @Nullable PreScale preScale;

  /**
   * @param type for messages
   * @throws IllegalArgumentException if the pre-scale does not fit
   */
  public TensorView(
      QuantDescriptor descriptor,
      @Nullable AxisScale preScale,
      DataType type,
      long[] shape,
      TensorKernels kernels) {
    this.descriptor = descriptor;
    this.type = type;
    this.shape = shape;
    this.kernels = kernels;
    this.preScale =
        preScale == null
            ? null
            : new PreScale(preScale.groups(descriptor, shape), preScale.factors());
  }

  public long[] shape() {
    return shape;
  }

  public boolean isEmpty() {
    return Arrays.stream(shape).anyMatch(size -> size == 0);
  }

  public void amax(Groups groups, float[] out) {
    kernels.amax(preScale, groups, out);
  }

  void finiteAmax(Groups groups, float[] out) {
    kernels.finiteAmax(preScale, groups, out);
  }

  void range(Groups groups, float[] min, float[] max) {
    kernels.range(preScale, groups, min, max);
  }

  public void fakeQuantize(Groups groups, Grid grid, Scales scales) {
    kernels.fakeQuantize(preScale, groups, grid, scales);
  }

  public void codes(Groups groups, Grid grid, Scales scales) {
    kernels.codes(preScale, groups, grid, scales);
  }

  public void quantizeByAmax(Groups groups, Grid grid, AmaxScaling scaling, boolean back) {
    kernels.quantizeByAmax(preScale, groups, grid, scaling, back);
  }

  public void squaredErrors(Groups groups, Grid grid, Scales[] candidates, double[][] out) {
    kernels.squaredErrors(preScale, groups, grid, candidates, out);
  }

  /** The scaled values, as the format must take them: none negative if it is unsigned. */
  public void refuseNegative() {
    float[] min = new float[1];
    range(Groups.perTensor(shape), min, new float[1]);
    if (min[0] < 0) {
      throw refused("the format is unsigned and a value is " + min[0]);
    }
  }

  /** An exception that names the descriptor and the tensor. */
  public IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(
        descriptor + " on a " + type + " tensor of shape " + Arrays.toString(shape) + ": " + why);
  }
}
