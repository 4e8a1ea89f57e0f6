package dev.bitfold.kernel;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The arithmetic of quantization on dense c-ordered float32 tensors. All implementations give the
 * same bits, NaN payloads aside, whatever the number of threads.
 *
 * <p>A call reads and writes from index 0 of the buffers, whose position and limit it leaves alone;
 * {@code out} may be the buffer that is read. It takes arguments as checked, and allocates nothing
 * that grows with the tensor. Implementations are safe for concurrent use.
 */
public interface QuantKernels {
  /** Elements of a part, whose gradients are summed for themselves. */
  int SUMMED = 1 << 17;

  /** Elements of a part that are summed at once, at most. */
  int STRETCH = 1024;

  /** The sums that take turns within a stretch. */
  int TURNS = 8;

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
    inTwoPasses(this, x, groups, grid, scaling, back, out);
  }

  /** {@link #quantizeByAmax} by some kernels' {@link #amax} and what they round with. */
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
   * The gradient of a clip: it passes where {@code low < x < high} and is zero elsewhere. What does
   * not pass is summed per group, in double: {@code below} where not {@code x > low}, {@code above}
   * where not {@code x < high}, so that NaN counts for both.
   *
   * <p>The order of summing: the tensor is cut to parts of {@value #SUMMED} elements and these to
   * {@value #STRETCH}; what neighbours are of one group within those is a stretch. Element k of a
   * stretch is added to sum k mod {@value #TURNS} of its own, in order; then {@code s[i] += s[i +
   * 4]}, {@code s[i] += s[i + 2]} and {@code s[0] += s[1]}. Stretches are added to their part's
   * sums in their order, and these in theirs. Here one by one.
   *
   * @param gradient of the output; of as many elements
   * @param low one per group
   * @param high one per group
   * @param out may be {@code gradient}
   * @param below to be set, one per group
   * @param above to be set, one per group
   */
  default void clipGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      float[] low,
      float[] high,
      FloatBuffer out,
      double[] below,
      double[] above) {
    int count = groups.count();
    Arrays.fill(below, 0, count, 0);
    Arrays.fill(above, 0, count, 0);
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
      if (last || next % STRETCH == 0 || groups.group(next) != g) {
        partBelow[g] += total(turnsBelow);
        partAbove[g] += total(turnsAbove);
        first = next;
      }
      if (last || next % SUMMED == 0) {
        moveTo(below, partBelow);
        moveTo(above, partAbove);
      }
    }
  }

  /**
   * The gradients of a quantizer whose step is learned: {@link #clipGradient}, and what rounding
   * adds to the step's gradient (Esser et al., 2020, equation 3, inside of the range). Per group,
   * in double and in the order of {@link #clipGradient}, the sum of {@code out · (round(s) - s)},
   * where {@code s = max(min(x, high), low) / step} in float32 and round is to even; a NaN of
   * {@code x} makes it NaN. Here one by one.
   *
   * @param low one per group; at most 2^22 steps from 0
   * @param high one per group; at most 2^22 steps from 0
   * @param step one per group, above 0
   * @param out must not be {@code gradient}
   * @param inside to be set, one per group
   */
  default void stepGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      float[] low,
      float[] high,
      float[] step,
      FloatBuffer out,
      double[] below,
      double[] above,
      double[] inside) {
    clipGradient(x, gradient, groups, low, high, out, below, above);
    Arrays.fill(inside, 0, groups.count(), 0);
    double[] turns = new double[TURNS];
    double[] part = new double[groups.count()];
    int first = 0;
    for (int i = 0; i < groups.elements(); i++) {
      int g = groups.group(i);
      float s = Math.max(Math.min(x.get(i), high[g]), low[g]) / step[g];
      turns[(i - first) % TURNS] += (double) out.get(i) * (float) (Math.rint(s) - s);
      int next = i + 1;
      boolean last = next == groups.elements();
      if (last || next % STRETCH == 0 || groups.group(next) != g) {
        part[g] += total(turns);
        first = next;
      }
      if (last || next % SUMMED == 0) {
        moveTo(inside, part);
      }
    }
  }

  /**
   * What quantizing costs under each of several scales: a scan over candidates for an amax. The sum
   * over each group of {@code (fakeQuantize(x) - x)^2}, in double.
   *
   * <p>The order of summing: that of {@link #clipGradient}, except that there are no parts:
   * stretches are added to their groups' sums in their order. Here one by one, with memory for one
   * more tensor.
   *
   * @param x with the pre-scale, which belongs to what is compared
   * @param candidates scales of these groups
   * @param out to be set: for each candidate one per group
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
        if (next == groups.elements() || next % STRETCH == 0 || groups.group(next) != g) {
          out[c][g] += total(turns);
          first = next;
        }
      }
    }
  }

  /**
   * Counts magnitudes in bins of equal width: {@code |x| * inverseWidth}, rounded down, is the bin;
   * of NaN the first. Here one by one.
   *
   * @param inverseWidth one per group; no magnitude lies beyond the last bin
   * @param bins of a group
   * @param counts to be added to: {@code bins} for each group
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
