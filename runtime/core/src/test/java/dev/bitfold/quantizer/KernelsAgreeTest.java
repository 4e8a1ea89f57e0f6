package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.KernelsUnderTest;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Source;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The fast kernels give the reference's bits, wherever and in whatever order the values lie. */
@Tag("slow")
@Tag("any-jdk")
@org.junit.jupiter.api.Tag("any-jdk")
class KernelsAgreeTest {
  private static final QuantKernels REFERENCE = Kernels.named("reference");

  @Provide
  Arbitrary<QuantDescriptor> descriptors() {
    return Descriptors.all();
  }

  @Property(tries = 1500)
  void fastEqualsReference(
      @ForAll("descriptors") QuantDescriptor descriptor,
      @ForAll @IntRange(min = 1, max = 4) int d0,
      @ForAll @IntRange(min = 1, max = 13) int d1,
      @ForAll @IntRange(min = 1, max = 150) int d2,
      @ForAll Arrangement arrangement,
      @ForAll boolean special,
      @ForAll boolean smoothed,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    INDArray x = DenseFloats.array(Arrangement.values(d0 * d1 * d2, seed, special), d0, d1, d2);
    Quantizer quantizer = Quantizer.of(descriptor);
    if (smoothed) {
      quantizer =
          quantizer.withPreQuantScale(
              DenseFloats.array(Arrangement.values(d1, seed + 1, false), d1), -2);
    }
    agree(quantizer, x, arrangement);
  }

  @Provide
  Arbitrary<QuantDescriptor> blocks() {
    List<UnaryOperator<QuantDescriptor.Builder>> scales =
        List.of(
            b -> b,
            b -> b.scaleRule(ScaleRule.RECIPROCAL),
            b -> b.scaleBits(8, 0),
            b -> b.scaleBits(8, 0).scaleRule(ScaleRule.CEIL),
            b -> b.scaleBits(8, 0).scaleRule(ScaleRule.FLUSH),
            b -> b.scaleBits(4, 3),
            b -> b.scaleBits(4, 3).scaleRule(ScaleRule.FLUSH),
            b -> b.scaleBits(4, 3).scaleRule(ScaleRule.RECIPROCAL),
            b -> b.scaleBits(8));
    return Combinators.combine(
            Arbitraries.of(
                List.of(new int[] {8}, new int[] {4}, new int[] {4, 3}, new int[] {2, 1})),
            Arbitraries.of(16, 32, 128, 1024),
            Arbitraries.of(scales))
        .as(
            (bits, block, scale) ->
                scale
                    .apply(
                        QuantDescriptor.builder().bits(bits).blockSizes(BlockSize.axis(-1, block)))
                    .dynamic(true)
                    .build());
  }

  /** Lengths that fill vectors, and primes; in memory that is used in place. */
  @Property(tries = 400)
  void fastEqualsReferenceInWholeVectors(
      @ForAll("descriptors") QuantDescriptor any,
      @ForAll("blocks") QuantDescriptor blocked,
      @ForAll boolean blocks,
      @ForAll boolean special,
      @ForAll boolean smoothed,
      @ForAll("lengths") int d2,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    INDArray x = DenseFloats.array(Arrangement.values(6 * d2, seed, special), 2, 3, d2);
    Quantizer quantizer = Quantizer.of(blocks ? blocked : any);
    if (smoothed) {
      quantizer =
          quantizer.withPreQuantScale(
              DenseFloats.array(Arrangement.values(d2, seed + 1, false), d2), -1);
    }
    agree(quantizer, x, Arrangement.DENSE);
  }

  @Provide
  Arbitrary<Integer> lengths() {
    return Arbitraries.of(16, 32, 64, 128, 256, 512, 1024, 2048, 331, 1031);
  }

  private static void agree(Quantizer quantizer, INDArray x, Arrangement arrangement) {
    Quantizer slow = quantizer.withKernels(REFERENCE);
    INDArray amax = slow.amax(x);
    INDArray expected = slow.quantize(x);
    Codes slowCodes = slow.codes(x);
    for (QuantKernels kernels : KernelsUnderTest.fast(2)) {
      Quantizer fast = quantizer.withKernels(kernels);
      INDArray arranged = arrangement.of(x);
      same(x, arranged);
      same(amax, fast.amax(arranged));
      same(expected, fast.quantize(arranged));
      same(x, arranged);
      Codes fastCodes = fast.codes(arranged);
      same(slowCodes.codes(), fastCodes.codes());
      same(slowCodes.scale(), fastCodes.scale());
      assertEquals(slowCodes.zeroPoint().isPresent(), fastCodes.zeroPoint().isPresent());
      slowCodes.zeroPoint().ifPresent(zero -> same(zero, fastCodes.zeroPoint().orElseThrow()));
      same(expected, fast.quantizeInto(arranged, arranged));
      same(expected, arranged);
    }
  }

  /** Each group lies in two rows, each longer than what is gathered at once and its rest. */
  @Test
  void theLargestCountsInWhicheverPartOfItsGroupItLies() {
    int length = 10_000;
    Quantizer perIndex = Quantizer.of(QuantDescriptor.builder().axis(1).build());
    for (int row = 0; row < 2; row++) {
      for (int column : new int[] {0, 4_999, 9_215, 9_216, 9_999}) {
        float[] values = new float[2 * 3 * length];
        Arrays.fill(values, 1f);
        values[(3 * row + 1) * length + column] = -5f;
        INDArray x = DenseFloats.array(values, 2, 3, length);
        for (QuantKernels kernels : KernelsUnderTest.all()) {
          assertArrayEquals(
              new float[] {1f, 5f, 1f},
              DenseFloats.of(perIndex.withKernels(kernels).amax(x), "amax").copy(),
              kernels.name() + ", row " + row + ", column " + column);
        }
      }
    }
  }

  @Test
  void resultsDoNotDependOnTheNumberOfThreads() {
    Random random = new Random(7);
    long[][] shapes = {{700, 1031}, {3, 257, 1000}, {1, 900_001}, {1000, 30, 30}, {1200, 512}};
    for (long[] shape : shapes) {
      int length = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      INDArray x = DenseFloats.array(Arrangement.values(length, random.nextLong(), false), shape);
      for (int[] axis : new int[][] {{}, {0}, {-1}, {1}}) {
        Quantizer quantizer = Quantizer.of(QuantDescriptor.builder().axis(axis).build());
        INDArray amax = quantizer.withKernels(REFERENCE).amax(x);
        INDArray expected = quantizer.withKernels(REFERENCE).quantize(x);
        for (QuantKernels kernels : KernelsUnderTest.fast(1, 5)) {
          same(amax, quantizer.withKernels(kernels).amax(x));
          same(expected, quantizer.withKernels(kernels).quantize(x));
        }
      }
      Quantizer blocks =
          Quantizer.of(
              QuantDescriptor.builder().blockSizes(BlockSize.axis(-1, 16)).dynamic(true).build());
      INDArray expected = blocks.withKernels(REFERENCE).quantize(x);
      KernelsUnderTest.fast(5)
          .forEach(kernels -> same(expected, blocks.withKernels(kernels).quantize(x)));
    }
  }

  @Property(tries = 200)
  void clippedGradientsAreTheReferences(
      @ForAll("descriptors") QuantDescriptor descriptor,
      @ForAll("lengths") int d2,
      @ForAll boolean special,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    clippedGradientsAgree(Quantizer.of(descriptor), new long[] {2, 3, d2}, special, seed);
  }

  @Test
  void sumsOfGradientsDoNotDependOnTheNumberOfThreads() {
    for (int[] axis : new int[][] {{}, {0}, {-1}}) {
      Quantizer quantizer = Quantizer.of(QuantDescriptor.builder().axis(axis).build());
      clippedGradientsAgree(quantizer, new long[] {3, 257, 1031}, false, 11);
    }
  }

  private static void clippedGradientsAgree(
      Quantizer quantizer, long[] shape, boolean special, long seed) {
    Groups groups = Groups.of(shape, quantizer.blocks(shape.length));
    float[] low = Arrangement.values(groups.count(), seed + 2, false);
    float[] high = Arrangement.values(groups.count(), seed + 3, false);
    clippedGradientsAgree(groups, low, high, shape, special, seed);
    // As of quantizers: zero lies inside.
    for (int g = 0; g < low.length; g++) {
      low[g] = Math.min(-Math.abs(low[g]), -Float.MIN_VALUE);
      high[g] = g % 5 == 3 ? Float.POSITIVE_INFINITY : Math.max(Math.abs(high[g]), Float.MIN_VALUE);
    }
    clippedGradientsAgree(groups, low, high, shape, special, seed);
    // As of learned steps: the ends are finite.
    for (int g = 0; g < high.length; g++) {
      high[g] = g % 5 == 3 ? 1.27f : Math.min(high[g], 100f);
      low[g] = Math.max(low[g], -100f);
    }
    stepGradientsAgree(groups, low, high, shape, special, seed);
    // As of 8 bits: hardly anything is outside.
    float[] ordinary = Arrangement.values(groups.elements(), seed, false);
    Arrays.fill(low, -10_000f);
    Arrays.fill(high, 10_000f);
    stepGradientsAgree(groups, low, high, shape, special, seed);
    float last = Math.abs(ordinary[ordinary.length - 1]);
    if (last > 0) {
      high[groups.count() - 1] = last;
      low[groups.count() - 1] = -last;
      stepGradientsAgree(groups, low, high, shape, special, seed);
    }
  }

  private static void clippedGradientsAgree(
      Groups groups, float[] low, float[] high, long[] shape, boolean special, long seed) {
    int length = groups.elements();
    DenseFloats x =
        DenseFloats.of(DenseFloats.array(Arrangement.values(length, seed, special), shape), "x");
    DenseFloats gradient =
        DenseFloats.of(
            DenseFloats.array(Arrangement.values(length, seed + 1, special), shape), "gradient");
    double[][] expected = new double[2][groups.count()];
    DenseFloats out = DenseFloats.uninitialized(shape);
    clip(REFERENCE, x, gradient, groups, low, high, out, expected);
    for (QuantKernels kernels : KernelsUnderTest.fast(1, 5)) {
      DenseFloats fast = DenseFloats.uninitialized(shape);
      double[][] sums = new double[2][groups.count()];
      clip(kernels, x, gradient, groups, low, high, fast, sums);
      same(out.array(), fast.array());
      assertArrayEquals(expected[0], sums[0]);
      assertArrayEquals(expected[1], sums[1]);
    }
  }

  private static void stepGradientsAgree(
      Groups groups, float[] low, float[] high, long[] shape, boolean special, long seed) {
    int length = groups.elements();
    DenseFloats x =
        DenseFloats.of(DenseFloats.array(Arrangement.values(length, seed, special), shape), "x");
    DenseFloats gradient =
        DenseFloats.of(
            DenseFloats.array(Arrangement.values(length, seed + 1, special), shape), "gradient");
    float[] step = new float[groups.count()];
    for (int g = 0; g < step.length; g++) {
      step[g] = .01f + g % 7 * .03f;
    }
    double[][] expected = new double[3][groups.count()];
    DenseFloats out = DenseFloats.uninitialized(shape);
    step(REFERENCE, x, gradient, groups, low, high, step, out, expected);
    for (QuantKernels kernels : KernelsUnderTest.fast(1, 5)) {
      DenseFloats fast = DenseFloats.uninitialized(shape);
      double[][] sums = new double[3][groups.count()];
      step(kernels, x, gradient, groups, low, high, step, fast, sums);
      same(out.array(), fast.array());
      for (int i = 0; i < sums.length; i++) {
        assertArrayEquals(expected[i], sums[i]);
      }
    }
  }

  private static void step(
      QuantKernels kernels,
      DenseFloats x,
      DenseFloats gradient,
      Groups groups,
      float[] low,
      float[] high,
      float[] step,
      DenseFloats out,
      double[][] sums) {
    x.use(
        a ->
            gradient.use(
                b ->
                    out.use(
                        c ->
                            kernels.stepGradient(
                                a,
                                b,
                                groups,
                                new Clip(low, high),
                                step,
                                c,
                                new GradientSums(sums[0], sums[1], sums[2])))));
  }

  private static void clip(
      QuantKernels kernels,
      DenseFloats x,
      DenseFloats gradient,
      Groups groups,
      float[] low,
      float[] high,
      DenseFloats out,
      double[][] sums) {
    x.use(
        a ->
            gradient.use(
                b ->
                    out.use(
                        c ->
                            kernels.clipGradient(
                                a,
                                b,
                                groups,
                                new Clip(low, high),
                                c,
                                new GradientSums(sums[0], sums[1], new double[0])))));
  }

  @Property(tries = 200)
  void errorsOfCandidatesAreTheReferences(
      @ForAll("descriptors") QuantDescriptor any,
      @ForAll("lengths") int d2,
      @ForAll boolean smoothed,
      @ForAll Arrangement arrangement,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    QuantDescriptor descriptor = any;
    Assume.that(!descriptor.affine() && !descriptor.dynamic());
    Assume.that(!descriptor.scaleBits().equals(List.of(4, 3)));
    INDArray x = DenseFloats.array(Arrangement.values(6 * d2, seed, false), 2, 3, d2);
    if (descriptor.unsigned()) {
      x = Transforms.abs(x);
    }
    Quantizer quantizer = Quantizer.of(descriptor).withKernels(REFERENCE);
    if (smoothed) {
      quantizer = quantizer.withPreQuantScale(DenseFloats.array(new float[] {2f, .3f, 1f}, 3), 1);
    }
    errorsAgree(quantizer, x, arrangement);
  }

  @Test
  void errorsOfCandidatesDoNotDependOnTheNumberOfThreads() {
    INDArray x = DenseFloats.array(Arrangement.values(300 * 1031, 5, false), 300, 1031);
    for (int[] axis : new int[][] {{}, {0}, {-1}}) {
      QuantDescriptor descriptor = QuantDescriptor.builder().axis(axis).build();
      errorsAgree(Quantizer.of(descriptor).withKernels(REFERENCE), x, Arrangement.DENSE);
    }
  }

  private static void errorsAgree(Quantizer quantizer, INDArray x, Arrangement arrangement) {
    INDArray amax = quantizer.amax(x);
    List<INDArray> candidates = List.of(amax.mul(.5), amax, amax.mul(.75), amax.mul(1.5));
    double[][] expected = quantizer.squaredErrors(x, candidates);
    for (QuantKernels kernels : KernelsUnderTest.fast(1, 5)) {
      double[][] errors =
          quantizer.withKernels(kernels).squaredErrors(arrangement.of(x), candidates);
      for (int c = 0; c < expected.length; c++) {
        assertArrayEquals(expected[c], errors[c]);
      }
    }
  }

  @Property(tries = 200)
  void countsAreTheReferences(
      @ForAll("descriptors") QuantDescriptor descriptor,
      @ForAll("lengths") int d2,
      @ForAll @IntRange(min = 1, max = 300) int bins,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    countsAgree(Quantizer.of(descriptor).blocks(3), new long[] {2, 3, d2}, bins, seed);
  }

  @Test
  void countsDoNotDependOnTheNumberOfThreads() {
    for (int[] blocks : new int[][] {{4000, 4000}, {1, 4000}, {100, 4000}, {4000, 1}, {1, 16}}) {
      countsAgree(blocks, new long[] {300, 1031}, 2048, 3);
    }
  }

  private static void countsAgree(int[] blocks, long[] shape, int bins, long seed) {
    Groups groups = Groups.of(shape, blocks);
    float[] values = Arrangement.values(groups.elements(), seed, false);
    float[] inverse = new float[groups.count()];
    DenseFloats x = DenseFloats.of(DenseFloats.array(values, shape), "x");
    x.use(v -> REFERENCE.amax(Source.of(v), groups, inverse));
    for (int g = 0; g < inverse.length; g++) {
      inverse[g] = inverse[g] == 0 ? 1f : Math.min(bins / inverse[g] * .999f, Float.MAX_VALUE);
    }
    long[] expected = new long[groups.count() * bins];
    Arrays.fill(expected, 3);
    long[] start = expected.clone();
    x.use(v -> REFERENCE.histogram(Source.of(v), groups, inverse, bins, expected));
    assertEquals(groups.elements() + 3L * expected.length, Arrays.stream(expected).sum());
    for (QuantKernels kernels : KernelsUnderTest.fast(1, 5)) {
      long[] counts = start.clone();
      x.use(v -> kernels.histogram(Source.of(v), groups, inverse, bins, counts));
      assertArrayEquals(expected, counts);
    }
  }

  /** Bit for bit, NaN payloads aside. */
  private static void same(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    float[] e = Arrangement.floats(expected);
    float[] a = Arrangement.floats(actual);
    for (int i = 0; i < e.length; i++) {
      assertEquals(Float.floatToIntBits(e[i]), Float.floatToIntBits(a[i]), "element " + i);
    }
  }
}
