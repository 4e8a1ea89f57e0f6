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

  /**
   * Each element rounded to the grid under a scale that follows from its own group's amax; what
   * {@link #amax} and then {@link #fakeQuantize} or {@link #codes} give. Here by just these, with
   * arrays of as many elements as there are groups; implementations do it in one pass where a group
   * fits the cache.
   *
   * @param back whether to scale back
   */
  default void quantizeByAmax(
      Source x, Groups groups, Grid grid, AmaxScaling scaling, boolean back, FloatBuffer out) {
    int count = groups.count();
    float[] amax = new float[count];
    amax(x, groups, amax);
    if (scaling.finite()) {
      for (float value : amax) {
        if (!Float.isFinite(value)) {
          finiteAmax(x, groups, amax);
          break;
        }
      }
    }
    float[] forward = new float[count];
    float[] backward = new float[count];
    scaling.scales(amax, count, forward, backward);
    Scales scales = new Scales(forward, scaling.divides(), backward, scaling.dividesBack());
    if (back) {
      fakeQuantize(x, groups, grid, scales, out);
    } else {
      codes(x, groups, grid, scales, out);
    }
  }
}
