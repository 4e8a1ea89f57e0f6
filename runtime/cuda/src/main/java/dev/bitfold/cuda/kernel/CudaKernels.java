package dev.bitfold.cuda.kernel;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.launch.Lane;
import dev.bitfold.cuda.launch.Lanes;
import dev.bitfold.cuda.launch.Maximum;
import dev.bitfold.cuda.launch.Operations;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * Runs kernels on a device for tensors of the host. Each call sends its inputs, fetches its
 * results, and is complete when it returns. Safe for concurrent use: calls of two threads may run
 * on the device at the same time.
 *
 * <p>A call that fails throws {@link CudaException}. The contents of its results are then
 * undefined.
 */
public final class CudaKernels implements QuantKernels {
  private final Lanes lanes;

  /**
   * Makes the kernels of a device.
   *
   * @param device the device
   */
  public CudaKernels(CudaDevice device) {
    this.lanes = Lanes.of(device);
  }

  /** Returns the device. */
  public CudaDevice device() {
    return lanes.device();
  }

  @Override
  public String name() {
    return "cuda";
  }

  /** Gives back the device memory that is kept for later calls. */
  public void release() {
    lanes.release();
  }

  @Override
  public void amax(Source x, Groups groups, float[] out) {
    Arrays.fill(out, 0, groups.count(), 0f);
    on(x, groups, (o, at) -> o.maxima().find(Maximum.AMAX, at, x.preQuantScale(), groups, out));
  }

  @Override
  public void finiteAmax(Source x, Groups groups, float[] out) {
    Arrays.fill(out, 0, groups.count(), 0f);
    on(
        x,
        groups,
        (o, at) -> o.maxima().find(Maximum.FINITE_AMAX, at, x.preQuantScale(), groups, out));
  }

  @Override
  public void range(Source x, Groups groups, float[] min, float[] max) {
    Arrays.fill(min, 0, groups.count(), Float.POSITIVE_INFINITY);
    Arrays.fill(max, 0, groups.count(), Float.NEGATIVE_INFINITY);
    on(
        x,
        groups,
        (o, at) -> {
          o.maxima().find(Maximum.MIN, at, x.preQuantScale(), groups, min);
          o.maxima().find(Maximum.MAX, at, x.preQuantScale(), groups, max);
        });
  }

  @Override
  public void fakeQuantize(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    round(x, groups, grid, scales, true, out);
  }

  @Override
  public void codes(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    round(x, groups, grid, scales, false, out);
  }

  private void round(
      Source x, Groups groups, Grid grid, Scales scales, boolean back, FloatBuffer out) {
    run(
        groups,
        (lane, operations) -> {
          DevicePointer at = upload(lane, x.values(), groups);
          operations.rounder().round(at, x.preQuantScale(), groups, grid, scales, back, at);
          lane.staging().download(at, out, groups.elements());
        });
  }

  @Override
  public void quantizeByAmax(
      Source x, Groups groups, Grid grid, AmaxScaling scaling, boolean back, FloatBuffer out) {
    run(
        groups,
        (lane, operations) -> {
          DevicePointer at = upload(lane, x.values(), groups);
          operations
              .rounder()
              .quantizeByAmax(at, x.preQuantScale(), groups, grid, scaling, back, at);
          lane.staging().download(at, out, groups.elements());
        });
  }

  @Override
  public void clipGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      Clip clip,
      FloatBuffer out,
      GradientSums sums) {
    sums.clear(groups.count());
    run(
        groups,
        (lane, operations) -> {
          DevicePointer at = upload(lane, x, groups);
          DevicePointer from = upload(lane, gradient, groups);
          operations.sums().clipGradient(at, from, groups, clip, from, sums);
          lane.staging().download(from, out, groups.elements());
        });
  }

  @Override
  public void stepGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      Clip clip,
      float[] step,
      FloatBuffer out,
      GradientSums sums) {
    sums.clear(groups.count());
    run(
        groups,
        (lane, operations) -> {
          DevicePointer at = upload(lane, x, groups);
          DevicePointer from = upload(lane, gradient, groups);
          operations.sums().stepGradient(at, from, groups, clip, step, from, sums);
          lane.staging().download(from, out, groups.elements());
        });
  }

  @Override
  public void squaredErrors(
      Source x, Groups groups, Grid grid, Scales[] candidates, double[][] out) {
    for (int c = 0; c < candidates.length; c++) {
      Arrays.fill(out[c], 0, groups.count(), 0);
    }
    if (candidates.length > 0) {
      on(
          x,
          groups,
          (o, at) -> o.sums().squaredErrors(at, x.preQuantScale(), groups, grid, candidates, out));
    }
  }

  @Override
  public void histogram(Source x, Groups groups, float[] inverseWidth, int bins, long[] counts) {
    on(
        x,
        groups,
        (o, at) -> o.histograms().count(at, x.preQuantScale(), groups, inverseWidth, bins, counts));
  }

  private static DevicePointer upload(Lane lane, FloatBuffer x, Groups groups) {
    DevicePointer at = lane.take((long) Float.BYTES * groups.elements());
    lane.staging().upload(x, groups.elements(), at);
    return at;
  }

  /** Runs on a tensor that is only read. */
  private void on(Source x, Groups groups, BiConsumer<Operations, DevicePointer> operation) {
    run(
        groups,
        (lane, operations) -> operation.accept(operations, upload(lane, x.values(), groups)));
  }

  private void run(Groups groups, BiConsumer<Lane, Operations> operation) {
    if (groups.elements() > 0) {
      lanes.run(lane -> operation.accept(lane, new Operations(lane)));
    }
  }
}
