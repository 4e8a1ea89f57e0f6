package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Runs;
import dev.bitfold.kernel.cpu.ClipSums;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Computes the gradients of a learned step on runs of one group. In most runs, nothing lies
 * outside. One loop handles them; it stops at the first value outside, and then {@link ClipVectors}
 * clips the run, and the part that comes from rounding is computed from the gradient that has
 * passed. Sums take turns as in {@link ClipVectors}.
 */
record StepVectors(ClipVectors clip, float[] step) implements ClipSums.Part {
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
  private static final boolean WIDE = LANES == 2 * QuantKernels.TURNS;

  // 1.5 · 2^23. Adding it leaves no bits for a fraction, and so rounds half to even.
  private static final float WHOLE = 12582912f;

  @Override
  public void compute(ClipSums sums, int from, int end) {
    for (int start = from, stop; start < end; start = stop) {
      stop = Math.min(end, start - start % QuantKernels.CHUNK + QuantKernels.CHUNK);
      for (Runs runs = clip.groups().runs(start, stop - start); runs.next(); ) {
        sumRun(sums, start + runs.from(), runs.length(), runs.group());
      }
    }
  }

  private void sumRun(ClipSums sums, int start, int run, int g) {
    float low = clip.low()[g];
    float high = clip.high()[g];
    int whole = run / LANES * LANES;
    double[] inside = sums.turnsInside();
    if (whole < run
        || !allInside(clip.in(), clip.of(), clip.to(), start, run, low, high, step[g], inside)) {
      clip.sumRun(sums, start, run, g);
      if (whole > 0) {
        clamped(clip.in(), clip.to(), start, whole, low, high, step[g], inside);
      }
      for (int i = start + whole; i < start + run; i++) {
        float s = Math.max(Math.min(clip.x().get(i), high), low) / step[g];
        float error = s + WHOLE - WHOLE - s;
        inside[(i - start) % QuantKernels.TURNS] += (double) clip.out().get(i) * error;
      }
    }
    sums.endInside(g);
  }

  /**
   * Adds all of a run if no value is outside. Otherwise returns false, and does not change the
   * sums.
   */
  private static boolean allInside(
      Object in,
      Object of,
      Object to,
      int at,
      int length,
      float low,
      float high,
      float step,
      double[] inside) {
    Object xs = FloatMemory.part(in, at, length);
    Object gradients = FloatMemory.part(of, at, length);
    Object passed = FloatMemory.part(to, at, length);
    DoubleVector s0 = DoubleVector.zero(DOUBLES);
    DoubleVector s1 = DoubleVector.zero(DOUBLES);
    for (int i = 0; i < length; i += LANES) {
      FloatVector x = FloatMemory.load(xs, i);
      VectorMask<Float> aboveLow = x.compare(VectorOperators.GT, low);
      if (!aboveLow.and(x.compare(VectorOperators.LT, high)).allTrue()) {
        return false;
      }
      FloatVector s = x.div(step);
      FloatVector error = s.add(WHOLE).sub(WHOLE).sub(s);
      FloatVector gradient = FloatMemory.load(gradients, i);
      FloatMemory.store(gradient, passed, i);
      s0 = s0.add(product(gradient, error, 0));
      if (WIDE) {
        s0 = s0.add(product(gradient, error, 1));
      } else {
        s1 = s1.add(product(gradient, error, 1));
      }
    }
    s0.intoArray(inside, 0);
    if (!WIDE) {
      s1.intoArray(inside, DOUBLES.length());
    }
    return true;
  }

  /** Adds the part that comes from rounding, computed from the gradient that has passed. */
  private static void clamped(
      Object in,
      Object of,
      int at,
      int length,
      float low,
      float high,
      float step,
      double[] inside) {
    Object xs = FloatMemory.part(in, at, length);
    Object gradients = FloatMemory.part(of, at, length);
    FloatVector lowest = FloatVector.broadcast(SPECIES, low);
    FloatVector highest = FloatVector.broadcast(SPECIES, high);
    DoubleVector s0 = DoubleVector.zero(DOUBLES);
    DoubleVector s1 = DoubleVector.zero(DOUBLES);
    for (int i = 0; i < length; i += LANES) {
      FloatVector x = FloatMemory.load(xs, i);
      // Comparisons instead of min and max, which take several instructions each because of NaN and
      // -0.
      VectorMask<Float> tooHigh = x.compare(VectorOperators.GT, high);
      VectorMask<Float> tooLow = x.compare(VectorOperators.LT, low);
      FloatVector s = x.blend(highest, tooHigh).blend(lowest, tooLow).div(step);
      FloatVector error = s.add(WHOLE).sub(WHOLE).sub(s);
      FloatVector gradient = FloatMemory.load(gradients, i);
      s0 = s0.add(product(gradient, error, 0));
      if (WIDE) {
        s0 = s0.add(product(gradient, error, 1));
      } else {
        s1 = s1.add(product(gradient, error, 1));
      }
    }
    s0.intoArray(inside, 0);
    if (!WIDE) {
      s1.intoArray(inside, DOUBLES.length());
    }
  }

  private static DoubleVector product(FloatVector a, FloatVector b, int part) {
    DoubleVector left = (DoubleVector) a.convertShape(VectorOperators.F2D, DOUBLES, part);
    return left.mul(b.convertShape(VectorOperators.F2D, DOUBLES, part));
  }
}
