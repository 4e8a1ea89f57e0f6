package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;
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
    int columns = groups.columns();
    int block = groups.block();
    for (int start = from; start < to; start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, to - start);
      scratch.load(x, start, length);
      for (int done = 0; done < length; ) {
        int row = (start + done) / columns;
        int column = start + done - row * columns;
        int run = Math.min(Math.min(length - done, columns - column), block - column % block);
        int g = groups.base(row) + column / block;
        inTurn(scratch.values, done, done + run, inverseWidth[g], g * bins, lanes);
        done += run;
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
    int columns = groups.columns();
    int block = groups.block();
    for (int start = 0; start < groups.elements(); start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, groups.elements() - start);
      scratch.load(x, start, length);
      for (int done = 0; done < length; ) {
        int row = (start + done) / columns;
        int column = start + done - row * columns;
        int end = done + Math.min(length - done, columns - column);
        int base = groups.base(row);
        for (; done < end; done++, column++) {
          int g = base + column / block;
          counts[g * bins + (int) (Math.abs(scratch.values[done]) * inverseWidth[g])]++;
        }
      }
    }
  }
}
