package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.cpu.ClipSums;
import java.nio.FloatBuffer;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What rounding adds to the gradient of a learned step, on stretches of one group, from the
 * gradient that has passed the clip. Sums take turns as those of {@link ClipVectors} do.
 */
record StepVectors(
    Groups groups,
    float[] low,
    float[] high,
    float[] step,
    FloatBuffer x,
    FloatBuffer passed,
    Object in,
    Object of)
    implements ClipSums.Part {
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
  private static final boolean WIDE = LANES == 2 * QuantKernels.TURNS;

  // 1.5 * 2^23: adding it leaves no room for a fraction, and rounds half to even.
  private static final float WHOLE = 12582912f;

  @Override
  public void compute(ClipSums sums, int from, int end) {
    int block = groups.block();
    for (int start = from; start < end; ) {
      int row = start / groups.columns();
      int column = start - row * groups.columns();
      int group = Math.min(groups.columns() - column, block - column % block);
      int stretch = QuantKernels.STRETCH - start % QuantKernels.STRETCH;
      int run = Math.min(Math.min(end - start, stretch), group);
      int whole = run / LANES * LANES;
      int g = groups.base(row) + column / block;
      if (whole > 0) {
        vectors(in, of, start, whole, low[g], high[g], step[g], sums.turnsInside());
      }
      for (int i = start + whole; i < start + run; i++) {
        float s = Math.max(Math.min(x.get(i), high[g]), low[g]) / step[g];
        float error = s + WHOLE - WHOLE - s;
        sums.turnsInside()[(i - start) % QuantKernels.TURNS] += (double) passed.get(i) * error;
      }
      sums.endInside(g);
      start += run;
    }
  }

  private static void vectors(
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
      // Not min and max, which take several instructions each for the sake of NaN and -0.
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
