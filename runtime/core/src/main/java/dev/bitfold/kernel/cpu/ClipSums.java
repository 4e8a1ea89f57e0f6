package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import java.util.Arrays;

/**
 * Holds the gradients that a clip stops, summed for each group, for one part of a tensor. The order
 * of summing is that of {@link QuantKernels#clipGradient}. Not safe for concurrent use.
 */
public final class ClipSums {
  private final float[] low;
  private final float[] high;
  private final double[] below;
  private final double[] above;
  private final double[] inside;
  private final double[] turnsInside = new double[QuantKernels.TURNS];
  private final double[] turnsBelow = new double[QuantKernels.TURNS];
  private final double[] turnsAbove = new double[QuantKernels.TURNS];

  /** Computes one part. */
  @FunctionalInterface
  public interface Part {
    /**
     * Computes a range of elements, and sums the gradients that do not pass.
     *
     * @param from the first element
     * @param to the element after the last
     */
    void compute(ClipSums sums, int from, int to);
  }

  private ClipSums(Clip clip, GradientSums sums) {
    this.low = clip.low();
    this.high = clip.high();
    this.below = sums.below();
    this.above = sums.above();
    this.inside = sums.inside();
  }

  /**
   * Divides a tensor into parts, runs them on several threads if the tensor is large, and adds up
   * their sums.
   *
   * @param out is set
   */
  public static void divide(
      KernelThreads threads, Groups groups, Clip clip, GradientSums out, Part part) {
    int count = groups.count();
    int elements = groups.elements();
    out.clear(count);
    if (elements <= QuantKernels.SUMMED) {
      part.compute(new ClipSums(clip, out), 0, elements);
      return;
    }
    GradientSums[] parts = new GradientSums[(elements - 1) / QuantKernels.SUMMED + 1];
    boolean steps = out.inside().length > 0;
    threads.share(
        parts.length,
        1,
        1,
        (first, end) -> {
          for (int p = first; p < end; p++) {
            parts[p] = steps ? GradientSums.ofStep(count) : GradientSums.ofClip(count);
            int from = p * QuantKernels.SUMMED;
            part.compute(
                new ClipSums(clip, parts[p]),
                from,
                (int) Math.min(elements, (long) from + QuantKernels.SUMMED));
          }
        });
    for (GradientSums sums : parts) {
      add(sums.below(), out.below());
      add(sums.above(), out.above());
      add(sums.inside(), out.inside());
    }
  }

  private static void add(double[] sums, double[] to) {
    for (int g = 0; g < sums.length; g++) {
      to[g] += sums[g];
    }
  }

  /**
   * Returns a part that runs both parts on each chunk in turn, so that the second finds the results
   * of the first in the cache.
   */
  public static Part chunked(Part first, Part second) {
    return (sums, from, to) -> {
      for (int start = from; start < to; start += QuantKernels.CHUNK) {
        int end = Math.min(start + QuantKernels.CHUNK, to);
        first.compute(sums, start, end);
        second.compute(sums, start, end);
      }
    };
  }

  /**
   * Returns the sums below of the current run, which take turns. A loop may write to them directly.
   */
  public double[] turnsBelow() {
    return turnsBelow;
  }

  /** Returns the sums above, as {@link #turnsBelow} does. */
  public double[] turnsAbove() {
    return turnsAbove;
  }

  /** Returns the sums inside, as {@link #turnsBelow} does. */
  public double[] turnsInside() {
    return turnsInside;
  }

  /** Ends a run of elements that are inside. */
  public void endInside(int group) {
    inside[group] += total(turnsInside);
  }

  /** Adds an element inside that is a run of its own. */
  void addInside(double value, int group) {
    inside[group] += value;
  }

  /**
   * Adds an element of a run if it is outside.
   *
   * @param k the index of the element within the run
   */
  public void add(int k, float value, float gradientOfOutput, int group) {
    if (!(value > low[group])) {
      turnsBelow[k % QuantKernels.TURNS] += gradientOfOutput;
    }
    if (!(value < high[group])) {
      turnsAbove[k % QuantKernels.TURNS] += gradientOfOutput;
    }
  }

  /** Ends a run. */
  public void endRun(int group) {
    below[group] += total(turnsBelow);
    above[group] += total(turnsAbove);
  }

  /** Returns the total of sums that took turns, and clears them. */
  static double total(double[] s) {
    double total = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    Arrays.fill(s, 0);
    return total;
  }

  /** Adds an element that is a run of its own, if it is outside. */
  public void addSingle(float value, float gradientOfOutput, int group) {
    if (!(value > low[group])) {
      below[group] += gradientOfOutput;
    }
    if (!(value < high[group])) {
      above[group] += gradientOfOutput;
    }
  }
}
