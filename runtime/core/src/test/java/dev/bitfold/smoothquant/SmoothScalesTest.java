package dev.bitfold.smoothquant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.golden.FloatLayers;
import dev.bitfold.parity.PeerScales;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SmoothScalesTest {
  private static final Layout NCHW = new Layout("NCHW");
  private static final Layout OIHW = new Layout("OIHW");

  @Property(tries = 100)
  void aSmoothedGroupedConvolutionComputesTheSame(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 4) int groups,
      @ForAll @IntRange(min = 1, max = 3) int inputs,
      @ForAll @IntRange(min = 1, max = 3) int outputs,
      @ForAll @DoubleRange(min = 0, max = 1) double alpha) {
    Random random = new Random(seed);
    INDArray x = normal(random, 2, groups * inputs, 4, 3);
    INDArray w = normal(random, groups * outputs, inputs, 2, 3);
    INDArray b = normal(random, groups * outputs);
    INDArray wAmax = ChannelAmax.ofWeight(w, OIHW, groups * inputs);
    SmoothScales scales = SmoothScales.of(ChannelAmax.ofInput(x, NCHW), wAmax, alpha);

    INDArray before = FloatLayers.conv2d(x, w, b, groups);
    INDArray after =
        FloatLayers.conv2d(scales.smoothInput(x, NCHW), scales.smoothWeight(w, OIHW), b, groups);

    assertTrue(before.distance2(after) <= 1e-5 * before.norm2Number().doubleValue());
  }

  @Property(tries = 100)
  void theOrderOfTheAxesDoesNotMatter(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 4) int groups,
      @ForAll @IntRange(min = 1, max = 3) int inputs,
      @ForAll @IntRange(min = 1, max = 3) int outputs) {
    Random random = new Random(seed);
    INDArray w = normal(random, groups * outputs, inputs, 3, 2);
    int channels = groups * inputs;
    INDArray amax = ChannelAmax.ofWeight(w, OIHW, channels);
    SmoothScales scales = SmoothScales.of(amax, amax.mul(2).add(1), 0.7);
    INDArray expected = scales.smoothWeight(w, OIHW);

    int[][] orders = {{2, 3, 1, 0}, {0, 2, 3, 1}, {1, 0, 2, 3}, {3, 0, 2, 1}, {2, 1, 3, 0}};
    for (int[] order : orders) {
      StringBuilder letters = new StringBuilder();
      for (int axis : order) {
        letters.append("OIHW".charAt(axis));
      }
      Layout layout = new Layout(letters.toString());
      INDArray view = w.permute(order);
      assertEquals(amax, ChannelAmax.ofWeight(view, layout, channels), letters.toString());
      assertEquals(
          expected.permute(order).dup('c'), scales.smoothWeight(view, layout), letters.toString());
    }
  }

  @Test
  void channelStatisticsOfImagesAreThoseOfTheChannelAxis() {
    INDArray nchw = Nd4j.arange(24).reshape(2, 3, 2, 2).castTo(DataType.FLOAT);
    INDArray expected = Nd4j.createFromArray(15f, 19f, 23f);
    assertEquals(expected, ChannelAmax.ofInput(nchw, NCHW));
    assertEquals(expected, ChannelAmax.ofInput(nchw.permute(0, 2, 3, 1), new Layout("NHWC")));
  }

  @Test
  void layersThatReadOneSourceShareTheLargestAmax() {
    INDArray a = Nd4j.createFromArray(1f, 5f);
    INDArray b = Nd4j.createFromArray(3f, 2f);
    assertEquals(Nd4j.createFromArray(3f, 5f), ChannelAmax.max(a, b));
    assertThrows(
        IllegalArgumentException.class, () -> ChannelAmax.max(a, Nd4j.createFromArray(1f)));
  }

  @Test
  void foldingGoesToTheOutputChannels() {
    SmoothScales scales = SmoothScales.ofPreQuantScale(0.5f, 2);
    INDArray oi = Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}});
    INDArray folded = Nd4j.createFromArray(new float[][] {{0.5f, 1, 1.5f}, {8, 10, 12}});
    assertEquals(folded, scales.foldInto(oi, new Layout("OI")));
    assertEquals(folded.transpose().dup('c'), scales.foldInto(oi.transpose(), new Layout("IO")));
    INDArray norm = scales.foldInto(Nd4j.createFromArray(2f, 2f), new Layout("C"));
    assertEquals(Nd4j.createFromArray(1f, 4f), norm);
    assertEquals(Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}}), oi);
  }

  @Property
  void scalesAreAlwaysFiniteAndPositive(
      @ForAll @DoubleRange(min = 0, max = 1) double alpha,
      @ForAll boolean actDead,
      @ForAll boolean weightDead,
      @ForAll float act,
      @ForAll float weight) {
    INDArray a = Nd4j.createFromArray(actDead ? 0 : Math.abs(act), 1f);
    INDArray w = Nd4j.createFromArray(weightDead ? 0 : Math.abs(weight), 1f);
    for (float p : SmoothScales.of(a, w, alpha).preQuantScale().toFloatVector()) {
      assertTrue(p >= 1e-4f && p <= 1e4f);
    }
  }

  @Test
  void aDeadChannelWithDeadWeightsKeepsItsScale() {
    INDArray zero = Nd4j.createFromArray(0f, 4f);
    INDArray p = SmoothScales.of(zero, zero, 0.5).preQuantScale();
    assertArrayEquals(new float[] {1, 1}, p.toFloatVector());
  }

  /** As far as the weights of the others leave room. */
  @Property(tries = 300)
  void aSleepingChannelKeepsItsRangeAndItsWeights(
      @ForAll long seed,
      @ForAll @DoubleRange(min = 0, max = 1) double alpha,
      @ForAll @IntRange(min = 2, max = 40) int channels,
      @ForAll boolean silent) {
    Random random = new Random(seed);
    float[] act = positive(random, channels);
    float[] w = positive(random, channels);
    int sleeper = random.nextInt(channels);
    // The smallest products are e^-6 of the largest, so that no other channel is asleep.
    act[sleeper] = silent ? 0 : act[sleeper] * 1e-8f;
    float[] p = scales(act, w, alpha);
    double before = 0;
    double after = 0;
    double heaviest = 0;
    for (int c = 0; c < channels; c++) {
      before = Math.max(before, act[c]);
      if (c != sleeper) {
        after = Math.max(after, (double) act[c] * p[c]);
        heaviest = Math.max(heaviest, (double) w[c] / p[c]);
      }
    }
    double weights = w[sleeper] / heaviest;
    double expected = after / before >= weights ? after / before : 2 * weights;
    assertEquals(expected, p[sleeper], 1e-6 * p[sleeper]);
    float[] peer =
        PeerScales.modelOpt(Nd4j.createFromArray(act), Nd4j.createFromArray(w), alpha)
            .preQuantScale()
            .toFloatVector();
    for (int c = 0; c < channels; c++) {
      if (c != sleeper) {
        assertEquals(peer[c], p[c], "channel " + c + " is awake");
      }
    }
  }

  private static float[] positive(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) Math.exp(3 * random.nextDouble());
    }
    return values;
  }

  private static float[] scales(float[] act, float[] w, double alpha) {
    return SmoothScales.of(Nd4j.createFromArray(act), Nd4j.createFromArray(w), alpha)
        .preQuantScale()
        .toFloatVector();
  }

  @Test
  void aChannelIsAsleepUpToAThousandthOfTheMedianContribution() {
    float t = 0x1p-10f;
    float[] w = {1, 1, 1, 1};
    assertEquals(1, scales(new float[] {1, 1, 1, t}, w, 1)[3]);
    float more = Math.nextUp(t);
    assertEquals(1 / more, scales(new float[] {1, 1, 1, more}, w, 1)[3], "the formula's");
  }

  @Test
  void besideAnOutlierTheOthersAreAwake() {
    // The mean of the contributions is 2^12 here: a fraction of it would put all others to sleep.
    float[] p = scales(new float[] {1, 1, 1, 0x1p14f}, new float[] {1, 1, 1, 1}, 0.5);
    assertArrayEquals(new float[] {1, 1, 1, 0x1p-7f}, p);
  }

  @Test
  void aSleepingChannelKeepsItsWeightsAmongTheOthers() {
    // An outlier whose weights are as small as its values are large: unlimited, the sleeper's
    // factor would be 2^-14, and its weights 2^14 times as large as all others.
    float[] act = {1, 1, 0, 0x1p14f};
    float[] p = scales(act, new float[] {1, 1, 1, 0x1p-14f}, 0.5);
    assertArrayEquals(new float[] {1, 1, 2, 1e-4f}, p);
  }

  @Test
  void aSleepingChannelIsLimitedAsTheOthers() {
    // The largest channel is asleep itself, and the others hold next to nothing.
    assertEquals(
        1e-4f, scales(new float[] {1e30f, 1e-3f, 1e-3f}, new float[] {1e-38f, 1, 1}, 0)[0]);
    // Nothing that a weight reads is awake: there is nothing to measure the sleeper by.
    assertEquals(1, scales(new float[] {0, 5}, new float[] {1, 0}, 0.5)[0]);
  }

  @Test
  void aSmallChannelWithLargeWeightsIsAwake() {
    // As behind a norm with a small gain: the products are all 1.
    float[] p = scales(new float[] {1, 1, 1e-5f}, new float[] {1, 1, 1e5f}, 0.5);
    assertArrayEquals(new float[] {1, 1, 1e4f}, p);
    // And one that no weight reads shall not rule the input's range.
    assertArrayEquals(
        new float[] {1, 1, 1e-4f}, scales(new float[] {1, 1, 50}, new float[] {1, 1, 0}, 0.5));
  }

  @Test
  void nothingIsScaledIfEveryChannelIsAsleep() {
    float[] one = {1, 1, 1};
    assertArrayEquals(one, scales(new float[3], new float[] {1, 2, 3}, 0.5));
  }

  @Test
  void badInputIsRefusedByName() {
    INDArray one = Nd4j.createFromArray(1f, 1f);
    refused("alpha = 1.5", () -> SmoothScales.of(one, one, 1.5));
    refused("alpha = -0.1", () -> SmoothScales.of(one, one, -0.1));
    refused("alpha = NaN", () -> SmoothScales.of(one, one, Double.NaN));
    refused(
        "input has 2 channels, the weight 1",
        () -> SmoothScales.of(one, Nd4j.createFromArray(1f), 0.5));
    refused(
        "input amax NaN of channel 1",
        () -> SmoothScales.of(Nd4j.createFromArray(1, Float.NaN), one, 0.5));
    refused(
        "weight amax -1.0 of channel 0",
        () -> SmoothScales.of(one, Nd4j.createFromArray(-1f, 1), 0.5));
    refused(
        "input amax Infinity of channel 0",
        () -> SmoothScales.of(Nd4j.createFromArray(Float.POSITIVE_INFINITY, 1f), one, 0.5));
    refused("pre-quant scale 0.0 of channel 1", () -> SmoothScales.ofPreQuantScale(1, 0));
    SmoothScales two = SmoothScales.ofPreQuantScale(1, 2);
    refused(
        "has 3 channels, the scales have 2",
        () -> two.smoothInput(Nd4j.create(DataType.FLOAT, 4, 3), new Layout("…C")));
    refused(
        "no axis C", () -> two.smoothInput(Nd4j.create(DataType.FLOAT, 4, 2), new Layout("OI")));
    refused(
        "its input has 2",
        () -> two.smoothWeight(Nd4j.create(DataType.FLOAT, 4, 3), new Layout("OI")));
    refused(
        "3 output channels cannot be divided",
        () -> two.smoothWeight(Nd4j.create(DataType.FLOAT, 3, 1), new Layout("OI")));
    refused(
        "only floats will do",
        () -> two.smoothInput(Nd4j.create(DataType.INT32, 4, 2), new Layout("…C")));
  }

  private static void refused(String part, Runnable call) {
    String thrown = assertThrows(IllegalArgumentException.class, call::run).toString();
    assertTrue(thrown.contains(part), thrown);
  }

  private static INDArray normal(Random random, int... shape) {
    float[] values = new float[IntStream.of(shape).reduce(1, Math::multiplyExact)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }
}
