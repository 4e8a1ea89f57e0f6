package dev.bitfold.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class StraightThroughTest {
  private static QuantDescriptor.Builder int4(Ste ste) {
    return QuantDescriptor.builder().bits(4).ste(ste);
  }

  private static INDArray normal(Random random, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(rows, columns);
  }

  private static double dot(INDArray a, INDArray b) {
    return a.castTo(DataType.DOUBLE).mul(b.castTo(DataType.DOUBLE)).sumNumber().doubleValue();
  }

  /** Values that scale with the input and the step obey Euler's theorem, and so do gradients. */
  @Property(tries = 100)
  void gradientsOfInputAndLearnedScaleAddUpToTheValues(
      @ForAll long seed, @ForAll("homogeneous") StraightThrough estimator) {
    Random random = new Random(seed);
    INDArray x = normal(random, 5, 7);
    INDArray g = normal(random, 5, 7);
    boolean affine = estimator instanceof LearnedAffine;
    INDArray scale = Nd4j.scalar(affine ? 0.2f : 1.5f);
    Map<String, INDArray> given =
        affine
            ? Map.of(LearnedAffine.SCALE, scale, LearnedAffine.ZERO_POINT, Nd4j.scalar(2f))
            : Map.of(StraightThrough.AMAX, scale);
    QuantGradients gradients = estimator.backward(x, given, g);
    INDArray ofScale = gradients.parameter(affine ? LearnedAffine.SCALE : StraightThrough.AMAX);
    INDArray y =
        estimator instanceof LearnedRange range
            ? range.clip(x, given)
            : estimator.forward(x, given);
    assertEquals(dot(g, y), dot(x, gradients.input()) + dot(scale, ofScale), 1e-4);
  }

  @Provide
  Arbitrary<StraightThrough> homogeneous() {
    return Arbitraries.of(
        StraightThrough.of(int4(Ste.LSQ).build(), Layout.UNKNOWN),
        StraightThrough.of(int4(Ste.PACT).build(), Layout.UNKNOWN),
        StraightThrough.of(int4(Ste.CLIP).learnAmax(true).build(), Layout.UNKNOWN),
        StraightThrough.of(int4(Ste.LSQ).affine(true).build(), Layout.UNKNOWN));
  }

  @Property(tries = 50)
  void theClippedRangesGradientsAreItsDerivatives(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.3, max = 2) double bound) {
    Random random = new Random(seed);
    LearnedRange range = LearnedRange.independent(QuantDescriptor.bits(4), Layout.UNKNOWN);
    INDArray x = normal(random, 4, 5);
    INDArray g = normal(random, 4, 5);
    double low = -bound * 0.7;
    QuantGradients gradients =
        range.backward(
            x, Map.of("min", Nd4j.scalar((float) low), "max", Nd4j.scalar((float) bound)), g);
    double step = 1e-6;
    double ofMax =
        (clipped(x, g, low, bound + step) - clipped(x, g, low, bound - step)) / (2 * step);
    double ofMin =
        (clipped(x, g, low + step, bound) - clipped(x, g, low - step, bound)) / (2 * step);
    assertEquals(ofMax, gradients.parameter("max").getDouble(), 1e-4);
    assertEquals(ofMin, gradients.parameter("min").getDouble(), 1e-4);
    for (int i = 0; i < x.length(); i++) {
      double value = x.getDouble(i);
      double derivative =
          (Math.max(Math.min(value + step, bound), low)
                  - Math.max(Math.min(value - step, bound), low))
              / (2 * step);
      assertEquals(derivative * g.getDouble(i), gradients.input().getDouble(i), 1e-5);
    }
  }

  private static double clipped(INDArray x, INDArray g, double low, double high) {
    double sum = 0;
    for (int i = 0; i < x.length(); i++) {
      sum += g.getDouble(i) * Math.max(Math.min(x.getDouble(i), high), low);
    }
    return sum;
  }

  @Property(tries = 50)
  void theMultiplyingStepsGradientIsItsDerivative(@ForAll long seed) {
    Random random = new Random(seed);
    LearnedStep step = LearnedStep.twoSteps(QuantDescriptor.bits(4), Layout.UNKNOWN);
    INDArray x = normal(random, 4, 5);
    INDArray g = normal(random, 4, 5);
    INDArray pre = Nd4j.scalar(1.5f);
    INDArray y = step.forward(x, Map.of("amaxPre", pre, "amaxPost", Nd4j.scalar(1f)));
    QuantGradients gradients =
        step.backward(x, Map.of("amaxPre", pre, "amaxPost", Nd4j.scalar(2f)), g);
    // The values are linear in it.
    assertEquals(dot(g, y), gradients.parameter("amaxPost").getDouble(), 1e-5);
  }

  @Property(tries = 30)
  void aGroupsGradientsAreThoseOfTheGroupAlone(@ForAll long seed) {
    Random random = new Random(seed);
    INDArray x = normal(random, 6, 8);
    INDArray g = normal(random, 6, 8);
    INDArray amax = normal(random, 1, 8).mul(normal(random, 1, 8)).add(1e-3).norm1(0).reshape(1, 8);
    for (Ste ste : Ste.values()) {
      StraightThrough all = StraightThrough.of(int4(ste).axis(1).build(), Layout.UNKNOWN);
      StraightThrough alone = StraightThrough.of(int4(ste).build(), Layout.UNKNOWN);
      QuantGradients together = all.backward(x, Map.of("amax", amax), g);
      for (int c = 0; c < 8; c++) {
        Map<String, INDArray> own = Map.of("amax", Nd4j.scalar(amax.getFloat(0, c)));
        QuantGradients single = alone.backward(x.getColumn(c), own, g.getColumn(c));
        assertEquals(single.input(), together.input().getColumn(c).dup(), ste.toString());
        if (!all.learned().isEmpty()) {
          assertEquals(
              single.parameter("amax").getFloat(), together.parameter("amax").getFloat(0, c), 1e-6);
          assertArrayEquals(amax.shape(), together.parameter("amax").shape());
        }
      }
    }
  }

  @Test
  void aRaggedBlockHasAStepOfItsOwn() {
    QuantDescriptor blocks = int4(Ste.LSQ).blockSizes(BlockSize.axis(-1, 4)).build();
    StraightThrough estimator = StraightThrough.of(blocks, Layout.UNKNOWN);
    Random random = new Random(3);
    INDArray x = normal(random, 2, 6);
    INDArray g = normal(random, 2, 6);
    INDArray amax = Nd4j.createFromArray(new float[][] {{1, 2}, {3, 4}});
    QuantGradients together = estimator.backward(x, Map.of("amax", amax), g);
    StraightThrough alone = StraightThrough.of(int4(Ste.LSQ).build(), Layout.UNKNOWN);
    for (int row = 0; row < 2; row++) {
      for (int block = 0; block < 2; block++) {
        var part = NDArrayIndex.interval(4 * block, Math.min(6, 4 * block + 4));
        var at = NDArrayIndex.point(row);
        Map<String, INDArray> own = Map.of("amax", Nd4j.scalar(amax.getFloat(row, block)));
        QuantGradients single = alone.backward(x.get(at, part), own, g.get(at, part));
        assertEquals(single.input(), together.input().get(at, part).dup());
        assertEquals(
            single.parameter("amax").getFloat(),
            together.parameter("amax").getFloat(row, block),
            1e-6);
      }
    }
  }

  @Test
  void theValuesAreThoseOfTheQuantizer() {
    INDArray x = normal(new Random(4), 9, 11);
    INDArray amax = Nd4j.scalar(1.3f);
    for (Ste ste : new Ste[] {Ste.CLIP, Ste.PASS_THROUGH, Ste.PACT}) {
      QuantDescriptor descriptor = int4(ste).build();
      assertEquals(
          Quantizer.of(descriptor).withAmax(amax).quantize(x),
          StraightThrough.of(descriptor, Layout.UNKNOWN).forward(x, Map.of("amax", amax)));
    }
    QuantDescriptor affine = int4(Ste.CLIP).affine(true).build();
    INDArray min = Nd4j.scalar(-1f);
    assertEquals(
        Quantizer.of(affine).withRange(min, amax).quantize(x),
        StraightThrough.of(affine, Layout.UNKNOWN).forward(x, Map.of("min", min, "max", amax)));
  }

  @Test
  void aDynamicScaleLetsAllFiniteValuesPass() {
    INDArray x = Nd4j.createFromArray(new float[][] {{1, -5, 3}, {0, 2, -4}});
    INDArray g = normal(new Random(5), 2, 3);
    for (boolean affine : new boolean[] {false, true}) {
      QuantDescriptor dynamic = int4(Ste.CLIP).dynamic(true).axis(0).affine(affine).build();
      StraightThrough estimator = StraightThrough.of(dynamic, Layout.UNKNOWN);
      assertTrue(estimator.parameters().isEmpty());
      assertEquals(g, estimator.backward(x, Map.of(), g).input());
      assertEquals(Quantizer.of(dynamic).quantize(x), estimator.forward(x, Map.of()));
    }
  }

  @Test
  void viewsAreReadAsTheyAre() {
    INDArray x = normal(new Random(6), 8, 6);
    INDArray g = normal(new Random(7), 6, 8);
    StraightThrough estimator = StraightThrough.of(int4(Ste.LSQ).axis(0).build(), Layout.UNKNOWN);
    Map<String, INDArray> given = Map.of("amax", Nd4j.ones(6, 1));
    QuantGradients ofView = estimator.backward(x.transpose(), given, g.dup('f'));
    QuantGradients ofCopy = estimator.backward(x.transpose().dup('c'), given, g);
    assertEquals(ofCopy, ofView);
    assertEquals(
        estimator.forward(x.transpose().dup('c'), given), estimator.forward(x.transpose(), given));
  }

  @Test
  void nanHasNoGradientUnlessAllPasses() {
    INDArray x = Nd4j.createFromArray(Float.NaN, 0.5f);
    INDArray g = Nd4j.createFromArray(3f, 4f);
    Map<String, INDArray> amax = Map.of("amax", Nd4j.scalar(1f));
    for (Ste ste : Ste.values()) {
      QuantGradients gradients =
          StraightThrough.of(int4(ste).build(), Layout.UNKNOWN).backward(x, amax, g);
      float expected = ste == Ste.PASS_THROUGH ? 3 : 0;
      assertArrayEquals(new float[] {expected, 4}, gradients.input().toFloatVector());
    }
  }

  /** Gradient descent finds the step with the least error, whether it starts too wide or narrow. */
  @Test
  void aLearnedStepSettlesWhereTheErrorIsLeast() {
    INDArray x = normal(new Random(8), 64, 64);
    StraightThrough estimator = StraightThrough.of(int4(Ste.LSQ).build(), Layout.UNKNOWN);
    double least = Double.POSITIVE_INFINITY;
    for (float amax = 0.5f; amax < 6; amax += 0.01f) {
      least = Math.min(least, error(estimator, x, amax));
    }
    for (float start : new float[] {0.7f, 6}) {
      float amax = start;
      for (int i = 0; i < 300; i++) {
        Map<String, INDArray> given = Map.of("amax", Nd4j.scalar(amax));
        INDArray error = estimator.forward(x, given).sub(x).muli(2.0 / x.length());
        amax -= 3 * estimator.backward(x, given, error).parameter("amax").getFloat();
      }
      assertTrue(error(estimator, x, amax) <= 1.02 * least, start + " to " + amax);
    }
  }

  private static double error(StraightThrough estimator, INDArray x, float amax) {
    return x.squaredDistance(estimator.forward(x, Map.of("amax", Nd4j.scalar(amax))));
  }

  @Test
  void badInputIsRefusedByName() {
    INDArray x = Nd4j.createFromArray(1f, 2f);
    StraightThrough lsq = StraightThrough.of(int4(Ste.LSQ).build(), Layout.UNKNOWN);
    StraightThrough pact = StraightThrough.of(int4(Ste.PACT).build(), Layout.UNKNOWN);
    refused("no parameter amax; given are [max]", () -> lsq.forward(x, Map.of("max", x)));
    refused("amax of shape [2] for 1 scales", () -> lsq.forward(x, Map.of("amax", x)));
    refused("amax holds NaN", () -> lsq.backward(x, amax(Float.NaN), x));
    refused("amax holds -1.0", () -> lsq.backward(x, amax(-1), x));
    refused("the learned amax is 0", () -> pact.forward(x, amax(0)));
    refused(
        "input of shape [2] and a gradient of shape [1]",
        () -> lsq.backward(x, amax(1), Nd4j.createFromArray(1f)));
    refused("only floats will do", () -> lsq.backward(Nd4j.createFromArray(1, 2), amax(1), x));
    refused(
        "integer formats only",
        () ->
            StraightThrough.of(
                QuantDescriptor.builder().bits(4, 3).ste(Ste.LSQ).build(), Layout.UNKNOWN));
    refused(
        "fakeQuant = false",
        () -> StraightThrough.of(int4(Ste.CLIP).fakeQuant(false).build(), Layout.UNKNOWN));
    refused("no gradient of a parameter x", () -> lsq.backward(x, amax(1), x).parameter("x"));
    StraightThrough affine = StraightThrough.of(int4(Ste.LSQ).affine(true).build(), Layout.UNKNOWN);
    assertInstanceOf(LearnedAffine.class, affine);
    refused(
        "scale holds 0.0",
        () -> affine.forward(x, Map.of("scale", Nd4j.scalar(0f), "zeroPoint", Nd4j.scalar(0f))));
  }

  private static Map<String, INDArray> amax(float value) {
    return Map.of("amax", Nd4j.scalar(value));
  }

  private static void refused(String part, Runnable call) {
    String thrown = assertThrows(IllegalArgumentException.class, call::run).toString();
    assertTrue(thrown.contains(part), thrown);
  }
}
