package dev.bitfold.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Against equation 3 of Esser et al. (2020), element by element in double. */
class StepGradientTest {
  @Property(tries = 200)
  void isTheEquation(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 16) int bits, @ForAll boolean unsigned) {
    int least = unsigned ? 0 : -(1 << (bits - 1));
    int most = unsigned ? (1 << bits) - 1 : (1 << (bits - 1)) - 1;
    for (int[] axis : new int[][] {{}, {0}, {1}}) {
      check(new Random(seed), axis, least, most);
    }
  }

  private static void check(Random random, int[] axis, int least, int most) {
    int rows = 3;
    int columns = 70 + random.nextInt(90);
    Quantizer quantizer = Quantizer.of(QuantDescriptor.builder().axis(axis).build());
    Groups groups = Groups.of(new long[] {rows, columns}, quantizer.blocks(2));
    float[] step = new float[groups.count()];
    for (int g = 0; g < step.length; g++) {
      step[g] = (float) Math.exp(random.nextGaussian() * 3);
    }
    float[] x = new float[rows * columns];
    float[] gradient = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      float unit = step[groups.group(i)];
      // At a code, at an end, beside one, or anywhere.
      x[i] =
          switch (random.nextInt(5)) {
            case 0 -> most * unit;
            case 1 -> least * unit;
            case 2 -> Math.nextUp(most * unit);
            case 3 -> Math.nextDown(least * unit);
            default -> (float) (random.nextGaussian() * most * unit);
          };
      gradient[i] = (float) random.nextGaussian();
    }
    double[] expected = new double[step.length];
    double[] size = new double[step.length];
    float[] passed = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      int g = groups.group(i);
      float s = x[i] / step[g];
      boolean inside = s >= least && s <= most;
      passed[i] = inside ? gradient[i] : 0;
      double slope = inside ? Math.rint((double) s) - s : s < least ? least : most;
      expected[g] += gradient[i] * slope;
      size[g] += Math.abs(gradient[i] * slope);
    }
    INDArray array = DenseFloats.array(x, rows, columns);
    StepGradient actual =
        StepGradient.of(
            Kernels.active(),
            array,
            DenseFloats.array(gradient, rows, columns),
            groups,
            step,
            least,
            most);
    for (int i = 0; i < x.length; i++) {
      assertEquals(passed[i], actual.input().getFloat(i / columns, i % columns), x[i] + "");
    }
    for (int g = 0; g < step.length; g++) {
      // A float is divided: an end that is one ulp inside of a code adds up to that much.
      assertEquals(expected[g], actual.ofStep()[g], 1e-6 * size[g] + 1e-12);
    }
  }

  @Test
  void findsTheFirstFloatAboveACode() {
    for (float step : new float[] {1e-8f, 0.1f, 1, 3, 1e6f, 1e30f, Float.MAX_VALUE / 127}) {
      for (int code : new int[] {0, 1, 7, 127, 128, 255, 32767}) {
        float first = StepGradient.firstAbove(code, step);
        assertTrue(first / step > code, code + " steps of " + step);
        assertTrue(Math.nextDown(first) / step <= code, code + " steps of " + step);
      }
    }
  }
}
