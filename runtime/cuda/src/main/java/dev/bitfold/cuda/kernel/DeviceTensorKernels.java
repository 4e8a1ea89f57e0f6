package dev.bitfold.cuda.kernel;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.launch.Maximum;
import dev.bitfold.cuda.launch.Operations;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.TensorKernels;
import org.jspecify.annotations.Nullable;

/**
 * Runs kernels on a tensor in a device's memory. When a method returns, writes to device memory may
 * still be queued in the lane's stream. Results in arrays of the host are complete.
 *
 * @param operations the operations to use
 * @param x the input
 * @param out the output; may be {@code x}
 * @param preQuantScale what the elements are multiplied by when they are read, or null
 */
public record DeviceTensorKernels(
    Operations operations,
    DevicePointer x,
    DevicePointer out,
    @Nullable PreQuantScale preQuantScale)
    implements TensorKernels {
  /** Makes kernels without a pre-quant scale. */
  public DeviceTensorKernels(Operations operations, DevicePointer x, DevicePointer out) {
    this(operations, x, out, null);
  }

  @Override
  public DeviceTensorKernels times(PreQuantScale factors) {
    return new DeviceTensorKernels(operations, x, out, factors);
  }

  @Override
  public void amax(Groups groups, float[] amax) {
    operations.maxima().find(Maximum.AMAX, x, preQuantScale, groups, amax);
  }

  @Override
  public void finiteAmax(Groups groups, float[] amax) {
    operations.maxima().find(Maximum.FINITE_AMAX, x, preQuantScale, groups, amax);
  }

  @Override
  public void range(Groups groups, float[] min, float[] max) {
    operations.maxima().find(Maximum.MIN, x, preQuantScale, groups, min);
    operations.maxima().find(Maximum.MAX, x, preQuantScale, groups, max);
  }

  @Override
  public void fakeQuantize(Groups groups, Grid grid, Scales scales) {
    operations.rounder().round(x, preQuantScale, groups, grid, scales, true, out);
  }

  @Override
  public void codes(Groups groups, Grid grid, Scales scales) {
    operations.rounder().round(x, preQuantScale, groups, grid, scales, false, out);
  }

  @Override
  public void quantizeByAmax(Groups groups, Grid grid, AmaxScaling scaling, boolean back) {
    operations.rounder().quantizeByAmax(x, preQuantScale, groups, grid, scaling, back, out);
  }

  @Override
  public void squaredErrors(Groups groups, Grid grid, Scales[] candidates, double[][] errors) {
    operations.sums().squaredErrors(x, preQuantScale, groups, grid, candidates, errors);
  }
}
