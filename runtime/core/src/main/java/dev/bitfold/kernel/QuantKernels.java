package dev.bitfold.kernel;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Defines the arithmetic of quantization on dense, c-ordered float32 tensors. All implementations
 * give the same bits for any number of threads, except for the payload of NaN.
 *
 * <p>A <em>run</em> is a maximal sequence of adjacent elements of one group within a chunk of
 * {@value #CHUNK} elements; the sums of gradients and errors follow runs.
 *
 * <p>A call reads and writes from index 0 of its buffers, and does not change their position and
 * limit. {@code out} may be the buffer that is read. Arguments are not checked. A call allocates
 * nothing that grows with the tensor. Implementations are safe for concurrent use.
 */
public interface QuantKernels {
  /** The number of elements in a part. The gradients of each part are summed separately. */
  int SUMMED = 1 << 17;

  /** The largest number of elements in a chunk, whose runs are summed at once. */
  int CHUNK = 1024;

  /** The number of sums that take turns within a run. */
  int TURNS = 8;

  /** Returns the name in messages and in {@code -Dbitfold.kernels}. */
  String name();

  /**
   * Computes the largest absolute value of each group; NaN for a group that holds a NaN.
   *
   * @param out one value for each group
   */
  void amax(Source x, Groups groups, float[] out);

  /**
   * Computes the largest absolute value of each group. NaN is ignored, and infinity counts as the
   * largest finite float.
   *
   * @param out one value for each group
   */
  void finiteAmax(Source x, Groups groups, float[] out);

  /**
   * Computes the smallest and the largest value of each group; NaN for a group that holds a NaN.
   *
   * @param min one value for each group
   * @param max one value for each group
   */
  void range(Source x, Groups groups, float[] min, float[] max);

  /** Rounds each element to the grid and scales it back. */
  void fakeQuantize(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out);

  /** Rounds each element to the grid. */
  void codes(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out);

  /**
   * Rounds each element to the grid with a scale that follows from its group's amax. The result is
   * that of {@link #amax} followed by {@link #fakeQuantize} or {@link #codes}. This default calls
   * them, with arrays of one element for each group. Other implementations make one pass if a group
   * fits the cache.
   *
   * @param back whether to scale back
   */
  default void quantizeByAmax(
      Source x, Groups groups, Grid grid, AmaxScaling scaling, boolean back, FloatBuffer out) {
    inTwoPasses(this, x, groups, grid, scaling, back, out);
  }

  /** Computes {@link #quantizeByAmax} with the {@link #amax} and the rounding of some kernels. */
  static void inTwoPasses(
      QuantKernels kernels,
      Source x,
      Groups groups,
      Grid grid,
      AmaxScaling scaling,
      boolean back,
      FloatBuffer out) {
    int count = groups.count();
    float[] amax = new float[count];
    kernels.amax(x, groups, amax);
    if (scaling.finite()) {
      for (float value : amax) {
        if (!Float.isFinite(value)) {
          kernels.finiteAmax(x, groups, amax);
          break;
        }
      }
    }
    float[] forward = new float[count];
    float[] backward = new float[count];
    scaling.scales(amax, count, forward, backward);
    Scales scales = new Scales(forward, scaling.divides(), backward, scaling.dividesBack());
    if (back) {
      kernels.fakeQuantize(x, groups, grid, scales, out);
    } else {
      kernels.codes(x, groups, grid, scales, out);
    }
  }

  /**
   * Computes the gradient of a clip: the gradient passes where {@code low < x < high}, and is zero
   * elsewhere. The part that does not pass is summed for each group, in double: in {@code below}
   * where {@code x > low} is false, and in {@code above} where {@code x < high} is false. NaN
   * counts for both.
   *
   * <p>The order of summing is fixed. The tensor is cut into parts of {@value #SUMMED} elements,
   * and each part into chunks of {@value #CHUNK}. Element k of a run is added to sum k mod {@value
   * #TURNS} of that run, in order. Then {@code s[i] += s[i + 4]}, {@code s[i] += s[i + 2]} and
   * {@code s[0] += s[1]}. The sums of runs are added to those of their part in order, and the sums
   * of parts are added in order. This default adds element by element.
   *
   * @param gradient the gradient of the output, with as many elements
   * @param out may be {@code gradient}
   * @param sums whose sums below and above are set
   */
  default void clipGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      Clip clip,
      FloatBuffer out,
      GradientSums sums) {
    int count = groups.count();
    float[] low = clip.low();
    float[] high = clip.high();
    sums.clear(count);
    double[] turnsBelow = new double[TURNS];
    double[] turnsAbove = new double[TURNS];
    double[] partBelow = new double[count];
    double[] partAbove = new double[count];
    int first = 0;
    for (int i = 0; i < groups.elements(); i++) {
      int g = groups.group(i);
      boolean aboveLow = x.get(i) > low[g];
      boolean belowHigh = x.get(i) < high[g];
      turnsBelow[(i - first) % TURNS] += aboveLow ? 0 : gradient.get(i);
      turnsAbove[(i - first) % TURNS] += belowHigh ? 0 : gradient.get(i);
      out.put(i, aboveLow && belowHigh ? gradient.get(i) : 0);
      int next = i + 1;
      boolean last = next == groups.elements();
      if (last || next % CHUNK == 0 || groups.group(next) != g) {
        partBelow[g] += total(turnsBelow);
        partAbove[g] += total(turnsAbove);
        first = next;
      }
      if (last || next % SUMMED == 0) {
        moveTo(sums.below(), partBelow);
        moveTo(sums.above(), partAbove);
      }
    }
  }

  /**
   * Computes the gradients of a quantizer whose step is learned: {@link #clipGradient}, and the
   * part of the step's gradient that comes from rounding (Esser et al., 2020, equation 3, inside
   * the range). For each group, that part is the sum of {@code out · (round(s) - s)}, with {@code s
   * = max(min(x, high), low) / step} in float32 and rounding to even. It is summed in double in the
   * order of {@link #clipGradient}. A NaN in {@code x} makes it NaN. This default adds element by
   * element.
   *
   * @param clip whose limits are at most 2^22 steps from 0
   * @param step one value for each group, above 0
   * @param out must not be {@code gradient}
   * @param sums are set
   */
  default void stepGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      Clip clip,
      float[] step,
      FloatBuffer out,
      GradientSums sums) {
    clipGradient(x, gradient, groups, clip, out, sums);
    double[] turns = new double[TURNS];
    double[] part = new double[groups.count()];
    int first = 0;
    for (int i = 0; i < groups.elements(); i++) {
      int g = groups.group(i);
      float s = Math.max(Math.min(x.get(i), clip.high()[g]), clip.low()[g]) / step[g];
      turns[(i - first) % TURNS] += (double) out.get(i) * (float) (Math.rint(s) - s);
      int next = i + 1;
      boolean last = next == groups.elements();
      if (last || next % CHUNK == 0 || groups.group(next) != g) {
        part[g] += total(turns);
        first = next;
      }
      if (last || next % SUMMED == 0) {
        moveTo(sums.inside(), part);
      }
    }
  }

  /**
   * Computes the squared error of quantization with each of several scales, to scan candidates for
   * an amax: the sum of {@code (fakeQuantize(x) - x)^2} over each group, in double.
   *
   * <p>The order of summing is that of {@link #clipGradient} without parts: the sums of runs are
   * added to those of their groups in order. This default goes element by element, and takes memory
   * for one more tensor.
   *
   * @param x the elements with the pre-quant scale, which is part of both sides of the comparison
   * @param candidates scales of these groups
   * @param out is set to one value for each group, for each candidate
   */
  default void squaredErrors(
      Source x, Groups groups, Grid grid, Scales[] candidates, double[][] out) {
    int count = groups.count();
    float[] ones = new float[count];
    Arrays.fill(ones, 1f);
    FloatBuffer quantized = FloatBuffer.allocate(groups.elements());
    double[] turns = new double[TURNS];
    for (int c = 0; c < candidates.length; c++) {
      fakeQuantize(x, groups, grid, candidates[c], quantized);
      Arrays.fill(out[c], 0, count, 0);
      int first = 0;
      for (int i = 0; i < groups.elements(); i++) {
        int g = groups.group(i);
        double difference = (double) quantized.get(i) - x.at(i);
        turns[(i - first) % TURNS] += difference * difference;
        int next = i + 1;
        if (next == groups.elements() || next % CHUNK == 0 || groups.group(next) != g) {
          out[c][g] += total(turns);
          first = next;
        }
      }
    }
  }

  /**
   * Counts magnitudes in bins of equal width. The bin is {@code |x| * inverseWidth}, rounded down;
   * for NaN, it is the first bin. This default goes element by element.
   *
   * @param inverseWidth one value for each group; no magnitude lies beyond the last bin
   * @param bins the number of bins for each group
   * @param counts is added to; {@code bins} counts for each group
   */
  default void histogram(Source x, Groups groups, float[] inverseWidth, int bins, long[] counts) {
    for (int i = 0; i < groups.elements(); i++) {
      int g = groups.group(i);
      counts[g * bins + (int) (Math.abs(x.at(i)) * inverseWidth[g])]++;
    }
  }

  private static double total(double[] turns) {
    for (int step = TURNS / 2; step > 0; step /= 2) {
      for (int i = 0; i < step; i++) {
        turns[i] += turns[i + step];
      }
    }
    double total = turns[0];
    Arrays.fill(turns, 0);
    return total;
  }

  private static void moveTo(double[] sums, double[] part) {
    for (int g = 0; g < part.length; g++) {
      sums[g] += part[g];
      part[g] = 0;
    }
  }
}
