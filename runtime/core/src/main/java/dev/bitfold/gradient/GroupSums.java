package dev.bitfold.gradient;

import dev.bitfold.kernel.Groups;
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
    int columns = groups.columns();
    int block = groups.block();
    for (int done = 0; done < length; ) {
      int row = (start + done) / columns;
      int column = start + done - row * columns;
      int here = Math.min(length - done, columns - column);
      int group = groups.base(row) + column / block;
      if (block == 1) {
        for (int i = 0; i < here; i++) {
          sums[group + i] += values[done + i];
        }
      } else {
        here = Math.min(here, block - column % block);
        sums[group] += sum(values, done, here);
      }
      done += here;
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
