package dev.bitfold.exact;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * Sums per group in double, in the order that the Javadoc of {@code QuantKernels} states, from
 * lists of addends.
 */
final class OrderedSums {
  private static final int PART = 131_072;
  private static final int CHUNK = 1024;

  private OrderedSums() {}

  /**
   * The sums, with a sum of its own for each part of a tensor.
   *
   * @param group of each element
   */
  static double[] inParts(int[] group, int groups, IntToDoubleFunction addend) {
    double[] sums = new double[groups];
    for (int from = 0; from < group.length; from += PART) {
      double[] part = new double[groups];
      add(part, group, from, Math.min(group.length, from + PART), addend);
      for (int g = 0; g < groups; g++) {
        sums[g] += part[g];
      }
    }
    return sums;
  }

  /** The sums without parts. */
  static double[] whole(int[] group, int groups, IntToDoubleFunction addend) {
    double[] sums = new double[groups];
    add(sums, group, 0, group.length, addend);
    return sums;
  }

  private static void add(
      double[] sums, int[] group, int from, int to, IntToDoubleFunction addend) {
    List<Double> run = new ArrayList<>();
    for (int i = from; i < to; i++) {
      run.add(addend.applyAsDouble(i));
      if (i + 1 == to || (i + 1) % CHUNK == 0 || group[i + 1] != group[i]) {
        sums[group[i]] += inTurns(run);
        run.clear();
      }
    }
  }

  /** Eight sums that take turns, and these in halves. */
  private static double inTurns(List<Double> addends) {
    List<Double> sums = new ArrayList<>();
    for (int turn = 0; turn < 8; turn++) {
      double sum = 0;
      for (int k = turn; k < addends.size(); k += 8) {
        sum += addends.get(k);
      }
      sums.add(sum);
    }
    while (sums.size() > 1) {
      int half = sums.size() / 2;
      for (int i = 0; i < half; i++) {
        sums.set(i, sums.get(i) + sums.get(i + half));
      }
      sums.subList(half, sums.size()).clear();
    }
    return sums.get(0);
  }
}
