package dev.bitfold.exact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.KernelsUnderTest;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import dev.bitfold.tensor.DenseFloats;
import java.math.BigInteger;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Each operation of the kernels is what its Javadoc says, in exact arithmetic, over the whole range
 * of floats and any groups: on the reference kernels and on the fast ones. Random bits follow from
 * the seed, which jqwik prints with a failure.
 */
class KernelOperationsTest {
  private static final List<QuantKernels> KERNELS = KernelsUnderTest.all();

  /** A tensor, its groups as coordinates say, and a pre-quant scale or none. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Tensor(
      float[] x,
      Groups groups,
      int[] group,
      float @Nullable [] factors,
      int @Nullable [] factorOf,
      @Nullable PreQuantScale preQuantScale) {
    static Tensor of(Random random, boolean finite) {
      long[] shape = new long[1 + random.nextInt(3)];
      int[] blocks = new int[shape.length];
      int elements = 1;
      for (int i = 0; i < shape.length; i++) {
        boolean last = i == shape.length - 1;
        shape[i] = 1L + random.nextInt(last && random.nextBoolean() ? 40 : 4);
        blocks[i] =
            switch (random.nextInt(4)) {
              case 0 -> 1;
              case 1 -> 1 + random.nextInt(5);
              case 2 -> 32;
              default -> Groups.WHOLE;
            };
        elements *= (int) shape[i];
      }
      float[] x = Bits.values(elements, random, finite);
      Groups groups = Groups.of(shape, blocks);
      int[] group = byCoordinates(shape, blocks);
      if (random.nextBoolean()) {
        return new Tensor(x, groups, group, null, null, null);
      }
      int axis = random.nextInt(shape.length);
      int[] perIndex = new int[shape.length];
      Arrays.fill(perIndex, Groups.WHOLE);
      perIndex[axis] = 1;
      float[] factors = Bits.values((int) shape[axis], random, true);
      PreQuantScale pre = new PreQuantScale(Groups.perIndex(shape, axis), factors);
      return new Tensor(x, groups, group, factors, byCoordinates(shape, perIndex), pre);
    }

    /** An element times its factor. */
    float at(int i) {
      return factors == null || factorOf == null ? x[i] : Ieee.times(x[i], factors[factorOf[i]]);
    }

    float[] scaled() {
      float[] scaled = new float[x.length];
      for (int i = 0; i < x.length; i++) {
        scaled[i] = at(i);
      }
      return scaled;
    }

    int count() {
      return groups.count();
    }
  }

  /** The group of each element: its coordinates by the blocks, in c order. */
  private static int[] byCoordinates(long[] shape, int[] blocks) {
    int elements = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    int[] group = new int[elements];
    for (int i = 0; i < elements; i++) {
      int rest = i;
      int stride = 1;
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        int length = (int) shape[axis];
        group[i] += rest % length / blocks[axis] * stride;
        rest /= length;
        stride *= (length + Math.min(blocks[axis], length) - 1) / Math.min(blocks[axis], length);
      }
    }
    return group;
  }

  @Property(tries = 300)
  void roundingAndScalingBack(@ForAll long seed) {
    Random random = new Random(seed);
    Tensor t = Tensor.of(random, false);
    Rounding rounding = List.of(Rounding.values()).get(random.nextInt(4));
    int kind = random.nextInt(4);
    int[][] formats = {{4, 3}, {5, 2}, {2, 1}, {3, 0}, {0, 3}, {6, 1}};
    int[] format = formats[random.nextInt(formats.length)];
    int min = -random.nextInt(300);
    int max = random.nextBoolean() ? 1 + random.nextInt(300) : 40_000_000;
    ExactGrid exact =
        kind == 0
            ? ExactGrid.Floats.of(format[0], format[1], rounding)
            : kind == 1 ? ExactGrid.Table.nf4() : new ExactGrid.Integers(min, max, rounding);
    Grid grid =
        kind == 0
            ? floats(format[0], format[1], exact.max(), rounding)
            : kind == 1 ? new Grid.Table() : new Grid.Integers(min, max, rounding);
    boolean affine = kind == 3;
    float[] zeroPoint = new float[affine ? t.count() : 0];
    for (int g = 0; g < zeroPoint.length; g++) {
      zeroPoint[g] = random.nextInt(random.nextBoolean() ? 1 << 24 : 200) - 100;
    }
    boolean divides = random.nextBoolean();
    boolean dividesBack = random.nextBoolean();
    float[] forward = Bits.values(t.count(), random, true);
    float[] backward = Bits.values(t.count(), random, true);
    Scales scales = new Scales(forward, divides, backward, dividesBack, zeroPoint);
    String what = grid + " " + divides + dividesBack + affine + ", seed " + seed;
    for (QuantKernels kernels : KERNELS) {
      float[] codes = new float[t.x.length];
      float[] values = new float[t.x.length];
      use(t, (x, out) -> kernels.codes(x, t.groups, grid, scales, out), codes);
      use(t, (x, out) -> kernels.fakeQuantize(x, t.groups, grid, scales, out), values);
      for (int i = 0; i < codes.length; i++) {
        int g = t.group[i];
        float at = t.at(i);
        float onGrid = divides ? Ieee.over(at, forward[g]) : Ieee.times(at, forward[g]);
        float zero = affine ? zeroPoint[g] : 0;
        float code = exact.round(onGrid, zero);
        String where = kernels.name() + " " + what + ", " + at + " as " + onGrid;
        Bits.assertSame(code, codes[i], where);
        float q = affine ? Ieee.minus(code, zero) : code;
        Bits.assertSame(
            dividesBack ? Ieee.over(q, backward[g]) : Ieee.times(q, backward[g]), values[i], where);
      }
    }
  }

  private static Grid.Floats floats(int exponent, int mantissa, float max, Rounding rounding) {
    // By IEEE 754; without exponent bits steps are whole.
    int least = exponent == 0 ? mantissa : 2 - (1 << (exponent - 1));
    return new Grid.Floats(mantissa, least, max, rounding);
  }

  @Property(tries = 500)
  void maximaAndRanges(@ForAll long seed) {
    Random random = new Random(seed);
    Tensor t = Tensor.of(random, random.nextBoolean());
    float[] scaled = t.scaled();
    for (QuantKernels kernels : KERNELS) {
      float[] amax = new float[t.count()];
      float[] finite = new float[t.count()];
      float[] min = new float[t.count()];
      float[] max = new float[t.count()];
      use(t, (x, out) -> kernels.amax(x, t.groups, amax), null);
      use(t, (x, out) -> kernels.finiteAmax(x, t.groups, finite), null);
      use(t, (x, out) -> kernels.range(x, t.groups, min, max), null);
      for (int g = 0; g < t.count(); g++) {
        String where = kernels.name() + " " + Arrays.toString(t.groups.shape()) + ", seed " + seed;
        Extremes extremes = Extremes.of(scaled, t.group, g);
        Bits.assertSame(extremes.amax(), amax[g], "amax, " + where);
        Bits.assertSame(extremes.finite, finite[g], "finite amax, " + where);
        Bits.assertSame(extremes.nan ? Float.NaN : extremes.min, min[g], "min, " + where);
        Bits.assertSame(extremes.nan ? Float.NaN : extremes.max, max[g], "max, " + where);
      }
    }
  }

  /** Found by comparing, one after the other; -0 is below +0. */
  private record Extremes(float min, float max, float finite, boolean nan) {
    static Extremes of(float[] x, int[] group, int g) {
      float min = Float.POSITIVE_INFINITY;
      float max = Float.NEGATIVE_INFINITY;
      float finite = 0;
      boolean nan = false;
      for (int i = 0; i < x.length; i++) {
        if (group[i] == g) {
          nan |= Float.isNaN(x[i]);
          if (!Float.isNaN(x[i])) {
            min = Float.compare(x[i], min) < 0 ? x[i] : min;
            max = Float.compare(x[i], max) > 0 ? x[i] : max;
            float magnitude = x[i] <= 0 ? 0f - x[i] : x[i];
            magnitude = Float.isInfinite(magnitude) ? Float.MAX_VALUE : magnitude;
            finite = magnitude > finite ? magnitude : finite;
          }
        }
      }
      return new Extremes(min, max, finite, nan);
    }

    float amax() {
      return nan ? Float.NaN : -min > max ? -min : max == 0 ? 0 : max;
    }
  }

  @Property(tries = 300)
  void histograms(@ForAll long seed) {
    Random random = new Random(seed);
    Tensor t = Tensor.of(random, true);
    int bins = 1 + random.nextInt(200);
    float[] inverse = new float[t.count()];
    float[] scaled = t.scaled();
    for (int g = 0; g < inverse.length; g++) {
      float largest = Extremes.of(scaled, t.group, g).finite;
      inverse[g] = Math.min(bins * .99f / Math.max(largest, Float.MIN_NORMAL), Float.MAX_VALUE);
    }
    boolean reaches = true;
    for (int i = 0; i < scaled.length; i++) {
      reaches &= Float.isFinite(scaled[i]);
    }
    long[] expected = new long[t.count() * bins];
    for (int i = 0; i < scaled.length && reaches; i++) {
      float places = Ieee.times(Math.abs(scaled[i]), inverse[t.group[i]]);
      expected[t.group[i] * bins + Ratio.of(places).floor().intValueExact()]++;
    }
    for (QuantKernels kernels : KERNELS) {
      long[] counts = new long[expected.length];
      if (reaches) {
        use(t, (x, out) -> kernels.histogram(x, t.groups, inverse, bins, counts), null);
      }
      assertArrayEquals(expected, counts, kernels.name() + ", seed " + seed);
    }
  }

  @Property(tries = 200)
  void gradientsOfClippingAndOfSteps(@ForAll long seed) {
    Random random = new Random(seed);
    gradients(Tensor.of(random, random.nextBoolean()), random, seed);
  }

  /** Long enough for several parts; no group ends with one. */
  @Test
  void gradientsOfLargeTensors() {
    Random random = new Random(5);
    for (int[] blocks : new int[][] {{Groups.WHOLE, Groups.WHOLE}, {1, 700}, {5, 1}}) {
      long[] shape = {130, 1031};
      float[] x = new float[130 * 1031];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
      }
      Groups groups = Groups.of(shape, blocks);
      gradients(new Tensor(x, groups, byCoordinates(shape, blocks), null, null, null), random, 5);
    }
  }

  private static void gradients(Tensor t, Random random, long seed) {
    int length = t.x.length;
    int count = t.count();
    float[] gradient = new float[length];
    for (int i = 0; i < length; i++) {
      gradient[i] = (float) (random.nextGaussian() * Math.exp(3 * random.nextGaussian()));
    }
    float[] low = new float[count];
    float[] high = new float[count];
    float[] step = new float[count];
    for (int g = 0; g < count; g++) {
      step[g] = .01f + random.nextFloat();
      low[g] = (random.nextInt(9) - 6) * step[g];
      high[g] = low[g] + random.nextInt(20) * step[g];
    }
    boolean[] above = new boolean[length];
    boolean[] below = new boolean[length];
    float[] errors = new float[length];
    for (int i = 0; i < length; i++) {
      int g = t.group[i];
      above[i] = t.x[i] > low[g];
      below[i] = t.x[i] < high[g];
      float clamped = t.x[i] < low[g] ? low[g] : t.x[i] > high[g] ? high[g] : t.x[i];
      // The order of the sums is what large tensors are for.
      errors[i] = length > 4096 ? plainError(clamped / step[g]) : exactError(clamped, step[g]);
    }
    float[] passed = new float[length];
    for (int i = 0; i < length; i++) {
      passed[i] = above[i] && below[i] ? gradient[i] : 0;
    }
    double[] sumBelow =
        OrderedSums.inParts(t.group, count, i -> above[i] ? 0 : (double) gradient[i]);
    double[] sumAbove =
        OrderedSums.inParts(t.group, count, i -> below[i] ? 0 : (double) gradient[i]);
    double[] sumInside = OrderedSums.inParts(t.group, count, i -> (double) passed[i] * errors[i]);
    for (QuantKernels kernels : KERNELS) {
      String where = kernels.name() + " " + t.groups + ", seed " + seed;
      Clip limits = new Clip(low, high);
      Gradients clip = new Gradients(length, count);
      Gradients steps = new Gradients(length, count);
      DenseFloats x = dense(t.x);
      DenseFloats g = dense(gradient);
      DenseFloats out = DenseFloats.uninitialized(length);
      x.use(
          a ->
              g.use(
                  b ->
                      out.use(
                          c -> {
                            kernels.clipGradient(a, b, t.groups, limits, c, clip.sums);
                            c.get(0, clip.out);
                            kernels.stepGradient(a, b, t.groups, limits, step, c, steps.sums);
                            c.get(0, steps.out);
                          })));
      for (Gradients found : List.of(clip, steps)) {
        assertArrayEquals(passed, found.out, where);
        assertArrayEquals(sumBelow, found.sums.below(), where);
        assertArrayEquals(sumAbove, found.sums.above(), where);
      }
      assertArrayEquals(sumInside, steps.sums.inside(), where);
    }
  }

  private static float plainError(float steps) {
    return (float) Math.rint(steps) - steps;
  }

  private static float exactError(float clamped, float step) {
    float steps = Ieee.over(clamped, step);
    return Float.isNaN(steps) ? steps : Ieee.minus(nearestInteger(steps), steps);
  }

  private static float nearestInteger(float x) {

    BigInteger lower = Ratio.of(x).floor();
    Ratio rest = Ratio.of(x).minus(new Ratio(lower, BigInteger.ONE));
    int toHalf = rest.compareTo(Ratio.power(-1));
    boolean up = toHalf > 0 || (toHalf == 0 && lower.testBit(0));

    return new Ratio(up ? lower.add(BigInteger.ONE) : lower, BigInteger.ONE).toFloat();
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Gradients(float[] out, GradientSums sums) {
    Gradients(int length, int count) {
      this(new float[length], GradientSums.ofStep(count));
    }
  }

  @Property(tries = 200)
  void errorsOfCandidates(@ForAll long seed) {
    Random random = new Random(seed);
    Tensor t = Tensor.of(random, true);
    float max = random.nextInt(2) == 0 ? 127 : 7;
    Grid grid = new Grid.Integers((int) -max, (int) max, Rounding.HALF_EVEN);
    ExactGrid exact = new ExactGrid.Integers((int) -max, (int) max, Rounding.HALF_EVEN);
    Scales[] candidates = new Scales[1 + random.nextInt(4)];
    double[][] expected = new double[candidates.length][];
    float[] scaled = t.scaled();
    for (int c = 0; c < candidates.length; c++) {
      float[] forward = new float[t.count()];
      for (int g = 0; g < forward.length; g++) {
        forward[g] = .01f + 30 * random.nextFloat();
      }
      candidates[c] = new Scales(forward, false, forward, true);
      float[] quantized = new float[scaled.length];
      for (int i = 0; i < quantized.length; i++) {
        float scale = forward[t.group[i]];
        quantized[i] = Ieee.over(exact.round(Ieee.times(scaled[i], scale), 0), scale);
      }
      expected[c] =
          OrderedSums.whole(
              t.group,
              t.count(),
              i -> {
                double difference = (double) quantized[i] - scaled[i];
                return difference * difference;
              });
    }
    for (QuantKernels kernels : KERNELS) {
      double[][] errors = new double[candidates.length][t.count()];
      use(t, (x, out) -> kernels.squaredErrors(x, t.groups, grid, candidates, errors), null);
      for (int c = 0; c < candidates.length; c++) {
        assertArrayEquals(expected[c], errors[c], kernels.name() + ", seed " + seed);
      }
    }
  }

  /** What is done with a tensor and a place for a result. */
  private interface Operation {
    void run(Source x, FloatBuffer out);
  }

  private static void use(Tensor t, Operation operation, float @Nullable [] result) {
    DenseFloats out = DenseFloats.uninitialized(t.x.length);
    dense(t.x).use(x -> out.use(y -> operation.run(new Source(x, t.preQuantScale), y)));
    if (result != null) {
      System.arraycopy(out.copy(), 0, result, 0, result.length);
    }
  }

  private static DenseFloats dense(float[] x) {
    return DenseFloats.of(DenseFloats.array(x.clone(), x.length), "a tensor");
  }
}
