package dev.bitfold.kernel;

import org.jspecify.annotations.Nullable;

/**
 * The kernels for one tensor, wherever it lies: what {@link QuantKernels} does with memory of the
 * host, each method as there. What they write goes to one place, which may be the tensor itself.
 * Float32 in c order, not empty. Of one thread at a time.
 */
public interface TensorKernels {
  /** {@link QuantKernels#amax}. */
  void amax(@Nullable PreScale preScale, Groups groups, float[] out);

  /** {@link QuantKernels#finiteAmax}. */
  void finiteAmax(@Nullable PreScale preScale, Groups groups, float[] out);

  /** {@link QuantKernels#range}. */
  void range(@Nullable PreScale preScale, Groups groups, float[] min, float[] max);

  /** {@link QuantKernels#fakeQuantize}. */
  void fakeQuantize(@Nullable PreScale preScale, Groups groups, Grid grid, Scales scales);

  /** {@link QuantKernels#codes}. */
  void codes(@Nullable PreScale preScale, Groups groups, Grid grid, Scales scales);

  /** {@link QuantKernels#quantizeByAmax}. */
  void quantizeByAmax(
      @Nullable PreScale preScale, Groups groups, Grid grid, AmaxScaling scaling, boolean back);

  /** {@link QuantKernels#squaredErrors}. */
  void squaredErrors(
      @Nullable PreScale preScale, Groups groups, Grid grid, Scales[] candidates, double[][] out);
}
