package dev.bitfold.quantizer.scale;

import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import dev.bitfold.kernel.TensorKernels;
import dev.bitfold.tensor.DenseFloats;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs kernels on a tensor in the host's memory.
 *
 * @param values the input
 * @param out the output; may be {@code values}
 * @param preQuantScale the pre-quant scale, or null
 */
public record HostTensor(
    QuantKernels kernels,
    DenseFloats values,
    DenseFloats out,
    @Nullable PreQuantScale preQuantScale)
    implements TensorKernels {
  /** Makes the kernels of a tensor with an output. */
  public HostTensor(QuantKernels kernels, DenseFloats values, DenseFloats out) {
    this(kernels, values, out, null);
  }

  /** Makes the kernels of a tensor that is only read. */
  public HostTensor(QuantKernels kernels, DenseFloats values) {
    this(kernels, values, values);
  }

  @Override
  public HostTensor times(PreQuantScale factors) {
    return new HostTensor(kernels, values, out, factors);
  }

  private void read(Consumer<Source> kernel) {
    values.use(x -> kernel.accept(new Source(x, preQuantScale)));
  }

  @Override
  public void amax(Groups groups, float[] amax) {
    read(x -> kernels.amax(x, groups, amax));
  }

  @Override
  public void finiteAmax(Groups groups, float[] amax) {
    read(x -> kernels.finiteAmax(x, groups, amax));
  }

  @Override
  public void range(Groups groups, float[] min, float[] max) {
    read(x -> kernels.range(x, groups, min, max));
  }

  @Override
  public void fakeQuantize(Groups groups, Grid grid, Scales scales) {
    read(x -> out.use(y -> kernels.fakeQuantize(x, groups, grid, scales, y)));
  }

  @Override
  public void codes(Groups groups, Grid grid, Scales scales) {
    read(x -> out.use(y -> kernels.codes(x, groups, grid, scales, y)));
  }

  @Override
  public void quantizeByAmax(Groups groups, Grid grid, AmaxScaling scaling, boolean back) {
    read(x -> out.use(y -> kernels.quantizeByAmax(x, groups, grid, scaling, back, y)));
  }

  @Override
  public void squaredErrors(Groups groups, Grid grid, Scales[] candidates, double[][] errors) {
    read(x -> kernels.squaredErrors(x, groups, grid, candidates, errors));
  }
}
