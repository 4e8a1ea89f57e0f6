package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import java.util.Arrays;

/**
 * What a clip stops, summed per group: of one part of a tensor. Few values are outside as a rule,
 * so that loops look for them and hand them over one by one, in their order. Not safe for
 * concurrent use.
 */
public final class ClipSums {
  private final float[] low;
  private final float[] high;
  private final double[] below;
  private final double[] above;

  /** Computes one part. */
  @FunctionalInterface
  public interface Part {
    /**
     * Computes elements and adds up what they are stopped from passing.
     *
     * @param from the first element
     * @param to the one after the last
     */
    void compute(ClipSums sums, int from, int to);
  }

  private ClipSums(float[] low, float[] high, double[] below, double[] above) {
    this.low = low;
    this.high = high;
    this.below = below;
    this.above = above;
  }

  /** Divides a tensor into parts, on several threads if it is large, and adds up their sums. */
  public static void divide(
      KernelThreads threads,
      Groups groups,
      float[] low,
      float[] high,
      double[] below,
      double[] above,
      Part part) {
    int count = groups.count();
    int elements = groups.elements();
    Arrays.fill(below, 0, count, 0);
    Arrays.fill(above, 0, count, 0);
    if (elements <= QuantKernels.SUMMED) {
      part.compute(new ClipSums(low, high, below, above), 0, elements);
      return;
    }
    int parts = (elements - 1) / QuantKernels.SUMMED + 1;
    double[][] sums = new double[2 * parts][];
    threads.share(
        parts,
        1,
        1,
        (first, end) -> {
          for (int p = first; p < end; p++) {
            sums[2 * p] = new double[count];
            sums[2 * p + 1] = new double[count];
            int from = p * QuantKernels.SUMMED;
            part.compute(
                new ClipSums(low, high, sums[2 * p], sums[2 * p + 1]),
                from,
                (int) Math.min(elements, (long) from + QuantKernels.SUMMED));
          }
        });
    for (int p = 0; p < parts; p++) {
      for (int g = 0; g < count; g++) {
        below[g] += sums[2 * p][g];
        above[g] += sums[2 * p + 1][g];
      }
    }
  }

  /** Takes elements of one group, of which some are outside. */
  public void add(float[] values, float[] gradients, int length, int group) {
    for (int i = 0; i < length; i++) {
      add(values[i], gradients[i], group);
    }
  }

  /** Takes an element if it is outside. */
  public void add(float value, float gradientOfOutput, int group) {
    if (!(value > low[group])) {
      below[group] += gradientOfOutput;
    }
    if (!(value < high[group])) {
      above[group] += gradientOfOutput;
    }
  }
}
