package dev.bitfold.cuda.kernel;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.TensorKernels;

/**
 * Quantizes a tensor in a device's memory to int8 codes. The elements of each row share one scale,
 * and the format is signed, with up to 8 bits and without zero points.
 *
 * @param tensor the tensor, which is only read
 * @param inner the number of elements in a row, a multiple of 4
 * @param codes a byte for each element
 * @param rowScales a float for each row, by which the row's codes are divided; NaN if the row holds
 *     a NaN, which has no code
 */
public record DeviceCodeKernels(
    DeviceTensorKernels tensor, int inner, DevicePointer codes, DevicePointer rowScales)
    implements TensorKernels {
  @Override
  public DeviceCodeKernels times(PreQuantScale preQuantScale) {
    return new DeviceCodeKernels(tensor.times(preQuantScale), inner, codes, rowScales);
  }

  @Override
  public void amax(Groups groups, float[] out) {
    tensor.amax(groups, out);
  }

  @Override
  public void finiteAmax(Groups groups, float[] out) {
    tensor.finiteAmax(groups, out);
  }

  @Override
  public void range(Groups groups, float[] min, float[] max) {
    tensor.range(groups, min, max);
  }

  @Override
  public void fakeQuantize(Groups groups, Grid grid, Scales scales) {
    codes(groups, grid, scales);
  }

  @Override
  public void codes(Groups groups, Grid grid, Scales scales) {
    require(groups, scales.dividesBack());
    tensor
        .operations()
        .rowCodes()
        .of(tensor.x(), tensor.preQuantScale(), groups, inner, grid, scales, codes, rowScales);
  }

  @Override
  public void quantizeByAmax(Groups groups, Grid grid, AmaxScaling scaling, boolean back) {
    require(groups, scaling.dividesBack());
    tensor
        .operations()
        .rowCodes()
        .byAmax(tensor.x(), tensor.preQuantScale(), groups, inner, grid, scaling, codes, rowScales);
  }

  @Override
  public void squaredErrors(Groups groups, Grid grid, Scales[] candidates, double[][] errors) {
    tensor.squaredErrors(groups, grid, candidates, errors);
  }

  private static void require(Groups groups, boolean divides) {
    long[] scales = groups.shape();
    if (scales[scales.length - 1] != 1 || !divides) {
      throw new IllegalArgumentException(groups + " do not take each row whole, by a divisor");
    }
  }
}
