package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.cpu.ClipSums;
import java.nio.FloatBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The gradient of a clip, on stretches of one group. */
record ClipVectors(
    Groups groups,
    float[] low,
    float[] high,
    FloatBuffer x,
    FloatBuffer gradient,
    FloatBuffer out,
    Object in,
    Object of,
    Object to)
    implements ClipSums.Part {
  @Override
  public void compute(ClipSums sums, int from, int end) {
    int block = groups.block();
    for (int start = from; start < end; ) {
      int row = start / groups.columns();
      int column = start - row * groups.columns();
      int run = Math.min(Math.min(end - start, groups.columns() - column), block - column % block);
      int whole = run / LANES * LANES;
      int g = groups.base(row) + column / block;
      Expanded own = Expanded.mine();
      vectors(in, of, to, start, whole, low[g], high[g], sums, g, own.forward, own.backward);
      for (int i = start + whole; i < start + run; i++) {
        boolean inside = x.get(i) > low[g] && x.get(i) < high[g];
        float passed = inside ? gradient.get(i) : 0;
        sums.add(x.get(i), gradient.get(i), g);
        out.put(i, passed);
      }
      start += run;
    }
  }

  private static void vectors(
      Object in,
      Object of,
      Object to,
      int at,
      int length,
      float low,
      float high,
      ClipSums sums,
      int g,
      float[] values,
      float[] gradients) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += LANES) {
      FloatVector x = FloatMemory.load(in, at + i);
      VectorMask<Float> inside =
          x.compare(VectorOperators.GT, low).and(x.compare(VectorOperators.LT, high));
      FloatVector gradient = FloatMemory.load(of, at + i);
      FloatMemory.store(zero.blend(gradient, inside), to, at + i);
      if (!inside.allTrue()) {
        x.intoArray(values, 0);
        gradient.intoArray(gradients, 0);
        sums.add(values, gradients, LANES, g);
      }
    }
  }
}
