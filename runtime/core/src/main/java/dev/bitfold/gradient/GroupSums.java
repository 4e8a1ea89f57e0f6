package dev.bitfold.gradient;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Runs;
import java.util.List;

/** Sums of what the elements of each group contribute, in double. */
final class GroupSums {
  private final Groups groups;
  private final double[] sums;

  GroupSums(Groups groups) {
    this.groups = groups;
    this.sums = new double[groups.count()];
  }

  /** The total of several, added in their order. */
  static double[] total(Groups groups, List<GroupSums> parts) {
    double[] total = new double[groups.count()];
    for (GroupSums part : parts) {
      for (int g = 0; g < total.length; g++) {
        total[g] += part.sums[g];
      }
    }
    return total;
  }

  /**
   * Adds the contributions of a chunk.
   *
   * @param start the index of its first element in the tensor, in c order
   */
  void add(int start, int length, double[] values) {
    boolean each = groups.block() == 1;
    for (Runs runs = groups.runs(start, length); runs.next(); ) {
      int group = runs.group();
      if (each) {
        for (int i = runs.from(); i < runs.to(); i++, group++) {
          sums[group] += values[i];
        }
      } else {
        sums[group] += sum(values, runs.from(), runs.length());
      }
    }
  }

  // An addition waits for the one before it: four sums run side by side.
  private static double sum(double[] values, int from, int length) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int end = from + length;
    int i = from;
    for (; i < end - 3; i += 4) {
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    for (; i < end; i++) {
      a += values[i];
    }
    return (a + b) + (c + d);
  }
}
