package dev.bitfold.quantizer.scale;

import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import dev.bitfold.kernel.TensorKernels;
import dev.bitfold.tensor.DenseFloats;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A tensor in the host's memory.
 *
 * @param values that are read
 * @param out that is written to; may be {@code values}
 */
public record HostTensor(QuantKernels kernels, DenseFloats values, DenseFloats out)
    implements TensorKernels {
  /** One that is only read. */
  public HostTensor(QuantKernels kernels, DenseFloats values) {
    this(kernels, values, values);
  }

  private void read(@Nullable PreScale preScale, Consumer<Source> kernel) {
    values.use(x -> kernel.accept(new Source(x, preScale)));
  }

  @Override
  public void amax(@Nullable PreScale preScale, Groups groups, float[] amax) {
    read(preScale, x -> kernels.amax(x, groups, amax));
  }

  @Override
  public void finiteAmax(@Nullable PreScale preScale, Groups groups, float[] amax) {
    read(preScale, x -> kernels.finiteAmax(x, groups, amax));
  }

  @Override
  public void range(@Nullable PreScale preScale, Groups groups, float[] min, float[] max) {
    read(preScale, x -> kernels.range(x, groups, min, max));
  }

  @Override
  public void fakeQuantize(@Nullable PreScale preScale, Groups groups, Grid grid, Scales scales) {
    read(preScale, x -> out.use(y -> kernels.fakeQuantize(x, groups, grid, scales, y)));
  }

  @Override
  public void codes(@Nullable PreScale preScale, Groups groups, Grid grid, Scales scales) {
    read(preScale, x -> out.use(y -> kernels.codes(x, groups, grid, scales, y)));
  }

  @Override
  public void quantizeByAmax(
      @Nullable PreScale preScale, Groups groups, Grid grid, AmaxScaling scaling, boolean back) {
    read(preScale, x -> out.use(y -> kernels.quantizeByAmax(x, groups, grid, scaling, back, y)));
  }

  @Override
  public void squaredErrors(
      @Nullable PreScale preScale,
      Groups groups,
      Grid grid,
      Scales[] candidates,
      double[][] errors) {
    read(preScale, x -> kernels.squaredErrors(x, groups, grid, candidates, errors));
  }
}
