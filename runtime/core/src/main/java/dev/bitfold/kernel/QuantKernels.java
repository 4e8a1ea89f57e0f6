package dev.bitfold.kernel;

import java.nio.FloatBuffer;

/**
 * The arithmetic of quantization on dense c-ordered float32 tensors. All implementations give the
 * same bits, NaN payloads aside, whatever the number of threads.
 *
 * <p>A call reads and writes from index 0 of the buffers, whose position and limit it leaves alone;
 * {@code out} may be the buffer that is read. It takes arguments as checked, and allocates nothing
 * that grows with the tensor. Implementations are safe for concurrent use.
 */
public interface QuantKernels {
  /** The name in messages and in {@code -Dbitfold.kernels}. */
  String name();

  /**
   * The largest absolute value of each group; NaN where a group holds a NaN.
   *
   * @param out one per group
   */
  void amax(Source x, Groups groups, float[] out);

  /**
   * The largest absolute value of each group, NaN left aside and infinity taken as the largest
   * finite float.
   *
   * @param out one per group
   */
  void finiteAmax(Source x, Groups groups, float[] out);

  /**
   * The smallest and the largest value of each group; NaN where a group holds a NaN.
   *
   * @param min one per group
   * @param max one per group
   */
  void range(Source x, Groups groups, float[] min, float[] max);

  /** Each element rounded to the grid and scaled back. */
  void fakeQuantize(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out);

  /** Each element rounded to the grid. */
  void codes(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out);
}
