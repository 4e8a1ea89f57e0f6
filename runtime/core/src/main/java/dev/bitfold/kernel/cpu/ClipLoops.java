package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;
import java.nio.FloatBuffer;

/** The gradient of a clip, chunk by chunk. */
final class ClipLoops {
  private ClipLoops() {}

  static void compute(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      float[] low,
      float[] high,
      FloatBuffer out,
      ClipSums sums,
      int from,
      int to) {
    Scratch scratch = Scratch.mine();
    int columns = groups.columns();
    int block = groups.block();
    for (int start = from; start < to; start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, to - start);
      x.get(start, scratch.values, 0, length);
      gradient.get(start, scratch.first, 0, length);
      for (int done = 0; done < length; ) {
        int row = (start + done) / columns;
        int column = start + done - row * columns;
        int end = done + Math.min(length - done, columns - column);
        int base = groups.base(row);
        if (block == 1) {
          neighbours(scratch, low, high, base + column, sums, done, end);
          done = end;
          continue;
        }
        while (done < end) {
          int run = Math.min(end - done, block - column % block);
          int g = base + column / block;
          run(scratch, low[g], high[g], g, sums, done, done + run);
          done += run;
          column += run;
        }
      }
      out.put(start, scratch.second, 0, length);
    }
  }

  private static void run(
      Scratch scratch, float low, float high, int group, ClipSums sums, int from, int end) {
    float[] v = scratch.values;
    float[] gradient = scratch.first;
    float[] out = scratch.second;
    for (int i = from; i < end; i++) {
      if (v[i] > low && v[i] < high) {
        out[i] = gradient[i];
      } else {
        out[i] = 0;
        sums.add(v[i], gradient[i], group);
      }
    }
  }

  private static void neighbours(
      Scratch scratch, float[] low, float[] high, int group, ClipSums sums, int from, int end) {
    float[] v = scratch.values;
    float[] gradient = scratch.first;
    float[] out = scratch.second;
    for (int i = from; i < end; i++) {
      int g = group + i - from;
      if (v[i] > low[g] && v[i] < high[g]) {
        out[i] = gradient[i];
      } else {
        out[i] = 0;
        sums.add(v[i], gradient[i], g);
      }
    }
  }
}
