package dev.bitfold.kernel.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.ScaleFormula;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares tensors of many chunks and of several threads' shares with the reference, which knows
 * neither.
 */
class LargeTensorsTest {
  private static final int W = Groups.WHOLE;
  private static final QuantKernels REFERENCE = Kernels.named("reference");
  private static final QuantKernels FAST = new CpuKernels(new KernelThreads(3));

  /** Shapes whose lengths do not fit chunks, and the groups of their elements. */
  static Stream<Arguments> tensors() {
    return Stream.of(
        Arguments.of(new long[] {9_001}, new int[] {W}),
        Arguments.of(new long[] {9, 1031}, new int[] {1, W}),
        Arguments.of(new long[] {9, 1031}, new int[] {W, 1}),
        Arguments.of(new long[] {9, 1031}, new int[] {7, 700}),
        Arguments.of(new long[] {9, 1031}, new int[] {1, 5}),
        Arguments.of(new long[] {9, 1024}, new int[] {1, 16}),
        Arguments.of(new long[] {5, 2048}, new int[] {1, 1024}),
        Arguments.of(new long[] {5, 2050}, new int[] {1, 1025}),
        Arguments.of(new long[] {2, 3, 5_021}, new int[] {W, 1, W}),
        Arguments.of(new long[] {2, 3, 5_021}, new int[] {W, W, 4_600}),
        Arguments.of(new long[] {4, 5, 13, 37}, new int[] {W, 1, W, W}));
  }

  /** As many elements as several threads share, and more groups than get partial results. */
  static Stream<Arguments> largest() {
    return Stream.of(
        Arguments.of(new long[] {270_001}, new int[] {W}),
        Arguments.of(new long[] {263, 1031}, new int[] {W, 1}),
        Arguments.of(new long[] {270_016}, new int[] {64}),
        Arguments.of(new long[] {140_001}, new int[] {2}),
        Arguments.of(new long[] {2, 66_001}, new int[] {W, 1}));
  }

  private final Random random = new Random(20261201);

  private float[] values(int length, boolean special) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.exp(random.nextGaussian()));
    }
    // Few, so that most groups stay finite; the largest value may lie anywhere in its group.
    for (int i = 0; i < 30 && special; i++) {
      float[] few = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f, 1e30f};
      values[random.nextInt(length)] = few[i % few.length];
    }
    return values;
  }

  private static void same(String what, Function<QuantKernels, float[][]> compute) {
    float[][] expected = compute.apply(REFERENCE);
    float[][] actual = compute.apply(FAST);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], actual[i], what + " " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("tensors")
  void theFastKernelsGiveTheReferencesBits(long[] shape, int[] blocks) {
    Groups groups = Groups.of(shape, blocks);
    int length = groups.elements();
    int axis = random.nextInt(shape.length);
    float[] factors = values((int) shape[axis], false);
    PreQuantScale pre = new PreQuantScale(Groups.perIndex(shape, axis), factors);
    for (boolean special : new boolean[] {true, false}) {
      FloatBuffer x = FloatBuffer.wrap(values(length, special));
      Source source = special ? Source.of(x) : new Source(x, pre);
      extremes(source, groups);
      rounded(source, groups);
    }
    FloatBuffer x = FloatBuffer.wrap(values(length, false));
    counts(Source.of(x), groups);
    errors(Source.of(x), groups);
  }

  @ParameterizedTest
  @MethodSource("largest")
  void asManyElementsAsThreadsShare(long[] shape, int[] blocks) {
    Groups groups = Groups.of(shape, blocks);
    Source x = Source.of(FloatBuffer.wrap(values(groups.elements(), true)));
    extremes(x, groups);
    dynamic(x, groups);
    counts(Source.of(FloatBuffer.wrap(values(groups.elements(), false))), groups);
  }

  private static void extremes(Source x, Groups groups) {
    same(
        "amax, finite amax, min and max",
        kernels -> {
          float[][] found = new float[4][groups.count()];
          Arrays.stream(found).forEach(old -> Arrays.fill(old, 1e38f));
          kernels.amax(x, groups, found[0]);
          kernels.finiteAmax(x, groups, found[1]);
          kernels.range(x, groups, found[2], found[3]);
          return found;
        });
  }

  /** {@code 7 / amax}, with which elements are multiplied and codes divided. */
  private record Sevenths(boolean finite) implements AmaxScaling {
    @Override
    public boolean divides() {
      return false;
    }

    @Override
    public boolean dividesBack() {
      return true;
    }

    @Override
    public void scales(float[] amax, int count, float[] forward, float[] backward) {
      for (int g = 0; g < count; g++) {
        forward[g] = 7 / amax[g];
        backward[g] = 7 / amax[g];
      }
    }

    @Override
    public ScaleFormula formula() {
      return ScaleFormula.of(ScaleFormula.Kind.INTEGERS, 7, 1);
    }
  }

  private void rounded(Source x, Groups groups) {
    float[] forward = values(groups.count(), false);
    float[] zeros = new float[groups.count()];
    for (int g = 0; g < zeros.length; g++) {
      zeros[g] = random.nextInt(20) - 10;
    }
    Grid integers = new Grid.Integers(-8, 7, Rounding.HALF_EVEN);
    Grid floats = new Grid.Floats(3, -6, 448, Rounding.HALF_EVEN);
    Scales symmetric = new Scales(forward, false, forward, true);
    Scales affine = new Scales(forward, true, forward, false, zeros);
    same(
        "rounded",
        kernels -> {
          float[][] found = new float[4][groups.elements()];
          kernels.fakeQuantize(x, groups, integers, symmetric, FloatBuffer.wrap(found[0]));
          kernels.codes(x, groups, integers, affine, FloatBuffer.wrap(found[1]));
          kernels.fakeQuantize(x, groups, integers, affine, FloatBuffer.wrap(found[2]));
          kernels.fakeQuantize(x, groups, floats, symmetric, FloatBuffer.wrap(found[3]));
          return found;
        });
    dynamic(x, groups);
  }

  private static void dynamic(Source x, Groups groups) {
    Grid integers = new Grid.Integers(-8, 7, Rounding.HALF_EVEN);
    Grid floats = new Grid.Floats(3, -6, 448, Rounding.HALF_EVEN);
    same(
        "rounded by their amax",
        kernels -> {
          float[][] found = new float[2][groups.elements()];
          kernels.quantizeByAmax(
              x, groups, integers, new Sevenths(false), true, FloatBuffer.wrap(found[0]));
          kernels.quantizeByAmax(
              x, groups, floats, new Sevenths(true), false, FloatBuffer.wrap(found[1]));
          return found;
        });
  }

  private static void counts(Source x, Groups groups) {
    int bins = 11;
    float[] inverse = new float[groups.count()];
    REFERENCE.amax(x, groups, inverse);
    for (int g = 0; g < inverse.length; g++) {
      inverse[g] = Math.min(bins * .99f / Math.max(inverse[g], Float.MIN_NORMAL), 1e30f);
    }
    long[][] found = new long[2][groups.count() * bins];
    REFERENCE.histogram(x, groups, inverse, bins, found[0]);
    FAST.histogram(x, groups, inverse, bins, found[1]);
    assertArrayEquals(found[0], found[1], "counts");
  }

  private void errors(Source x, Groups groups) {
    Grid grid = new Grid.Integers(-8, 7, Rounding.HALF_EVEN);
    Scales[] candidates = new Scales[3];
    for (int c = 0; c < candidates.length; c++) {
      float[] scale = values(groups.count(), false);
      candidates[c] = new Scales(scale, false, scale, true);
    }
    double[][] expected = new double[3][groups.count()];
    double[][] actual = new double[3][groups.count()];
    Arrays.stream(actual).forEach(sums -> Arrays.fill(sums, 7));
    REFERENCE.squaredErrors(x, groups, grid, candidates, expected);
    FAST.squaredErrors(x, groups, grid, candidates, actual);
    for (int c = 0; c < candidates.length; c++) {
      assertArrayEquals(expected[c], actual[c], "errors of candidate " + c);
    }
  }
}
