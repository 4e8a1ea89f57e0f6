package dev.bitfold.kernel;

/**
 * Runs the kernels on one tensor in any memory, as {@link QuantKernels} does in the memory of the
 * host. All methods write to the same place, which may be the tensor itself. The tensor is float32
 * in c order and not empty. Not safe for concurrent use.
 */
public interface TensorKernels {
  /**
   * Returns the kernels of the same tensor, with elements multiplied by a pre-quant scale on
   * reading.
   */
  TensorKernels times(PreQuantScale preQuantScale);

  /** Runs {@link QuantKernels#amax}. */
  void amax(Groups groups, float[] out);

  /** Runs {@link QuantKernels#finiteAmax}. */
  void finiteAmax(Groups groups, float[] out);

  /** Runs {@link QuantKernels#range}. */
  void range(Groups groups, float[] min, float[] max);

  /** Runs {@link QuantKernels#fakeQuantize}. */
  void fakeQuantize(Groups groups, Grid grid, Scales scales);

  /** Runs {@link QuantKernels#codes}. */
  void codes(Groups groups, Grid grid, Scales scales);

  /** Runs {@link QuantKernels#quantizeByAmax}. */
  void quantizeByAmax(Groups groups, Grid grid, AmaxScaling scaling, boolean back);

  /** Runs {@link QuantKernels#squaredErrors}. */
  void squaredErrors(Groups groups, Grid grid, Scales[] candidates, double[][] out);
}
