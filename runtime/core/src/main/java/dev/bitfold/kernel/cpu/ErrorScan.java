package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Runs;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.util.Arrays;

/**
 * Computes the squared errors of several scales. Each chunk is read once, and rounded with all
 * scales while it is in the first-level cache. Threads divide the scales instead of the tensor, so
 * each sum is computed by one thread.
 */
final class ErrorScan {
  private static final int CHUNK = QuantKernels.CHUNK;

  private final Source x;
  private final Groups groups;
  private final ChunkRounding[] roundings;
  private final double[][] out;

  ErrorScan(Source x, Groups groups, Grid grid, Scales[] candidates, double[][] out) {
    this.x = x;
    this.groups = groups;
    this.roundings = new ChunkRounding[candidates.length];
    for (int c = 0; c < candidates.length; c++) {
      roundings[c] = ChunkRounding.of(groups, grid, candidates[c], true);
    }
    this.out = out;
  }

  /** Scans with some of the scales. */
  void scan(int from, int to) {
    Scratch scratch = Scratch.mine();
    float[] original = scratch.third;
    double[] turns = new double[QuantKernels.TURNS];
    for (int c = from; c < to; c++) {
      Arrays.fill(out[c], 0, groups.count(), 0);
    }
    for (int start = 0; start < groups.elements(); start += CHUNK) {
      int length = Math.min(CHUNK, groups.elements() - start);
      scratch.load(x, start, length);
      System.arraycopy(scratch.values, 0, original, 0, length);
      for (int c = from; c < to; c++) {
        System.arraycopy(original, 0, scratch.values, 0, length);
        roundings[c].apply(scratch, start, length);
        add(scratch.values, original, start, length, turns, out[c]);
      }
    }
  }

  private void add(
      float[] quantized, float[] original, int start, int length, double[] turns, double[] sums) {
    boolean each = groups.block() == 1;
    for (Runs runs = groups.runs(start, length); runs.next(); ) {
      int group = runs.group();
      if (each) {
        neighbours(quantized, original, runs.from(), runs.to(), sums, group - runs.from());
      } else {
        sums[group] += sumRun(quantized, original, runs.from(), runs.to(), turns);
      }
    }
  }

  private static void neighbours(
      float[] quantized, float[] original, int from, int end, double[] sums, int group) {
    for (int i = from; i < end; i++) {
      double difference = (double) quantized[i] - original[i];
      sums[group + i] += difference * difference;
    }
  }

  private static double sumRun(
      float[] quantized, float[] original, int from, int end, double[] turns) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    int i = from;
    for (; i < end - 7; i += QuantKernels.TURNS) {
      s0 += square(quantized, original, i);
      s1 += square(quantized, original, i + 1);
      s2 += square(quantized, original, i + 2);
      s3 += square(quantized, original, i + 3);
      s4 += square(quantized, original, i + 4);
      s5 += square(quantized, original, i + 5);
      s6 += square(quantized, original, i + 6);
      s7 += square(quantized, original, i + 7);
    }
    turns[0] = s0;
    turns[1] = s1;
    turns[2] = s2;
    turns[3] = s3;
    turns[4] = s4;
    turns[5] = s5;
    turns[6] = s6;
    turns[7] = s7;
    for (int k = 0; i < end; i++, k++) {
      turns[k] += square(quantized, original, i);
    }
    return ClipSums.total(turns);
  }

  private static double square(float[] quantized, float[] original, int i) {
    double difference = (double) quantized[i] - original[i];
    return difference * difference;
  }
}
