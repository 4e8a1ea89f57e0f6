package dev.bitfold.kernel;

/**
 * The kernels for one tensor, wherever it lies: what {@link QuantKernels} does with memory of the
 * host, each method as there. What they write goes to one place, which may be the tensor itself.
 * Float32 in c order, not empty. Of one thread at a time.
 */
public interface TensorKernels {
  /** The same tensor, whose elements are multiplied by a pre-scale as they are read. */
  TensorKernels times(PreScale preScale);

  /** {@link QuantKernels#amax}. */
  void amax(Groups groups, float[] out);

  /** {@link QuantKernels#finiteAmax}. */
  void finiteAmax(Groups groups, float[] out);

  /** {@link QuantKernels#range}. */
  void range(Groups groups, float[] min, float[] max);

  /** {@link QuantKernels#fakeQuantize}. */
  void fakeQuantize(Groups groups, Grid grid, Scales scales);

  /** {@link QuantKernels#codes}. */
  void codes(Groups groups, Grid grid, Scales scales);

  /** {@link QuantKernels#quantizeByAmax}. */
  void quantizeByAmax(Groups groups, Grid grid, AmaxScaling scaling, boolean back);

  /** {@link QuantKernels#squaredErrors}. */
  void squaredErrors(Groups groups, Grid grid, Scales[] candidates, double[][] out);
}
