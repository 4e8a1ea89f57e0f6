package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Runs;
import dev.bitfold.kernel.Source;

/**
 * Counts magnitudes in bins. Adjacent values often fall into the same bin, and each increment waits
 * for the one before it, so counting into several tables in turn is faster. If the tables would not
 * fit the cache, one thread counts directly.
 */
final class Histograms {
  private static final int LANES = 4;

  /** The largest number of counts in a table. */
  private static final int MAX_IN_TABLE = 1 << 14;

  private final KernelThreads threads;
  private final int least;

  Histograms(KernelThreads threads, int least) {
    this.threads = threads;
    this.least = least;
  }

  void count(Source x, Groups groups, float[] inverseWidth, int bins, long[] counts) {
    int length = groups.count() * bins;
    if (length > MAX_IN_TABLE || groups.block() == 1) {
      inPlace(x, groups, inverseWidth, bins, counts);
      return;
    }
    // Indices are masked, so that C2 knows that they are within bounds.
    int table = Integer.highestOneBit(2 * length - 1);
    threads.share(
        groups.elements(),
        least,
        Scratch.CHUNK,
        (from, to) -> {
          int[][] lanes = new int[LANES][table];
          inLanes(x, groups, inverseWidth, bins, from, to, lanes);
          synchronized (counts) {
            for (int[] lane : lanes) {
              for (int i = 0; i < length; i++) {
                counts[i] += lane[i];
              }
            }
          }
        });
  }

  private static void inLanes(
      Source x, Groups groups, float[] inverseWidth, int bins, int from, int to, int[][] lanes) {
    Scratch scratch = Scratch.mine();
    for (int start = from; start < to; start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, to - start);
      scratch.load(x, start, length);
      for (Runs runs = groups.runs(start, length); runs.next(); ) {
        int g = runs.group();
        inTurn(scratch.values, runs.from(), runs.to(), inverseWidth[g], g * bins, lanes);
      }
    }
  }

  private static void inTurn(
      float[] values, int from, int end, float scale, int base, int[][] lanes) {
    int[] a = lanes[0];
    int[] b = lanes[1];
    int[] c = lanes[2];
    int[] d = lanes[3];
    int mask = a.length - 1;
    int i = from;
    for (; i < end - 3; i += LANES) {
      a[(base + (int) (Math.abs(values[i]) * scale)) & mask]++;
      b[(base + (int) (Math.abs(values[i + 1]) * scale)) & mask]++;
      c[(base + (int) (Math.abs(values[i + 2]) * scale)) & mask]++;
      d[(base + (int) (Math.abs(values[i + 3]) * scale)) & mask]++;
    }
    for (; i < end; i++) {
      a[(base + (int) (Math.abs(values[i]) * scale)) & mask]++;
    }
  }

  private static void inPlace(
      Source x, Groups groups, float[] inverseWidth, int bins, long[] counts) {
    Scratch scratch = Scratch.mine();
    int step = groups.block() == 1 ? 1 : 0;
    for (int start = 0; start < groups.elements(); start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, groups.elements() - start);
      scratch.load(x, start, length);
      for (Runs runs = groups.runs(start, length); runs.next(); ) {
        int g = runs.group();
        for (int i = runs.from(); i < runs.to(); i++, g += step) {
          counts[g * bins + (int) (Math.abs(scratch.values[i]) * inverseWidth[g])]++;
        }
      }
    }
  }
}
