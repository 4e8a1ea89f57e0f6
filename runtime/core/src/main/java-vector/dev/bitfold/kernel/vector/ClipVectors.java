package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Runs;
import dev.bitfold.kernel.cpu.ClipSums;
import java.nio.FloatBuffer;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Computes the gradient of a clip on runs of one group. The sums that take turns are the lanes of
 * vectors of doubles, so the time does not depend on how many values are outside.
 */
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
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;

  /** Whether one vector of doubles holds all sums; otherwise two vectors hold them. */
  private static final boolean WIDE = LANES == 2 * QuantKernels.TURNS;

  static ClipVectors of(
      FloatBuffer x, FloatBuffer gradient, Groups groups, Clip clip, FloatBuffer out) {
    Object in = FloatMemory.of(x);
    Object of = FloatMemory.of(gradient);
    return new ClipVectors(
        groups, clip.low(), clip.high(), x, gradient, out, in, of, FloatMemory.of(out));
  }

  /**
   * Returns whether a vector of floats has as many lanes as there are sums, or twice as many: AVX2
   * or AVX-512.
   */
  static boolean suits() {
    return DOUBLES.length() * 2 == LANES && (LANES == QuantKernels.TURNS || WIDE);
  }

  @Override
  public void compute(ClipSums sums, int from, int end) {
    for (int start = from, stop; start < end; start = stop) {
      stop = Math.min(end, start - start % QuantKernels.CHUNK + QuantKernels.CHUNK);
      for (Runs runs = groups.runs(start, stop - start); runs.next(); ) {
        sumRun(sums, start + runs.from(), runs.length(), runs.group());
      }
    }
  }

  /** Clips a run within a chunk. */
  void sumRun(ClipSums sums, int start, int run, int g) {
    int whole = run / LANES * LANES;
    if (whole > 0) {
      vectors(in, of, to, start, whole, low[g], high[g], sums.turnsBelow(), sums.turnsAbove());
    }
    for (int i = start + whole; i < start + run; i++) {
      float value = x.get(i);
      float passing = gradient.get(i);
      sums.add(i - start, value, passing, g);
      out.put(i, value > low[g] && value < high[g] ? passing : 0);
    }
    sums.endRun(g);
  }

  private static void vectors(
      Object in,
      Object of,
      Object to,
      int at,
      int length,
      float low,
      float high,
      double[] below,
      double[] above) {
    Object xs = FloatMemory.part(in, at, length);
    Object gradients = FloatMemory.part(of, at, length);
    Object passed = FloatMemory.part(to, at, length);
    FloatVector zero = FloatVector.zero(SPECIES);
    DoubleVector b0 = DoubleVector.zero(DOUBLES);
    DoubleVector b1 = DoubleVector.zero(DOUBLES);
    DoubleVector a0 = DoubleVector.zero(DOUBLES);
    DoubleVector a1 = DoubleVector.zero(DOUBLES);
    for (int i = 0; i < length; i += LANES) {
      FloatVector x = FloatMemory.load(xs, i);
      FloatVector gradient = FloatMemory.load(gradients, i);
      VectorMask<Float> aboveLow = x.compare(VectorOperators.GT, low);
      VectorMask<Float> belowHigh = x.compare(VectorOperators.LT, high);
      FloatVector tooLow = gradient.blend(zero, aboveLow);
      FloatVector tooHigh = gradient.blend(zero, belowHigh);
      FloatMemory.store(zero.blend(gradient, aboveLow.and(belowHigh)), passed, i);
      b0 = b0.add(tooLow.convertShape(VectorOperators.F2D, DOUBLES, 0));
      a0 = a0.add(tooHigh.convertShape(VectorOperators.F2D, DOUBLES, 0));
      if (WIDE) {
        b0 = b0.add(tooLow.convertShape(VectorOperators.F2D, DOUBLES, 1));
        a0 = a0.add(tooHigh.convertShape(VectorOperators.F2D, DOUBLES, 1));
      } else {
        b1 = b1.add(tooLow.convertShape(VectorOperators.F2D, DOUBLES, 1));
        a1 = a1.add(tooHigh.convertShape(VectorOperators.F2D, DOUBLES, 1));
      }
    }
    b0.intoArray(below, 0);
    a0.intoArray(above, 0);
    if (!WIDE) {
      b1.intoArray(below, DOUBLES.length());
      a1.intoArray(above, DOUBLES.length());
    }
  }
}
