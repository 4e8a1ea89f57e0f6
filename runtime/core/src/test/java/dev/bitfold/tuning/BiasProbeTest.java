package dev.bitfold.tuning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.tensor.DenseFloats;
import dev.bitfold.toy.ToyDense;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Probes biases whose effect the test knows, and sums errors whose channels it knows. */
class BiasProbeTest {
  private static final TensorSite BIAS =
      new TensorSite(
          "fc1",
          ToyDense.class,
          new LayerTensor("bias", TensorRole.BIAS, Layout.UNKNOWN, Optional.empty()));

  private static INDArray random(Random random, long... shape) {
    int length = 1;
    for (long size : shape) {
      length *= (int) size;
    }
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return DenseFloats.array(values, shape);
  }

  /** The index of each element along an axis, by its coordinates. */
  private static int coordinate(int element, long[] shape, int axis) {
    int rest = element;
    for (int i = shape.length - 1; i > axis; i--) {
      rest /= (int) shape[i];
    }
    return rest % (int) shape[axis];
  }

  /** The output after the bias was raised, of which each value moves one index of an axis. */
  private static INDArray moved(
      BiasProbe probe, INDArray bias, INDArray output, int axis, DoubleUnaryOperator by) {
    float[] before = DenseFloats.of(bias, "a bias").copy();
    float[] after = DenseFloats.of(probe.raised(bias), "a bias").copy();
    float[] values = DenseFloats.of(output, "an output").copy();
    for (int i = 0; i < values.length; i++) {
      int c = coordinate(i, output.shape(), axis);
      values[i] += (float) by.applyAsDouble((double) after[c] - before[c]);
    }
    return DenseFloats.array(values, output.shape());
  }

  /** Every axis but that of the channels may have their number, and still is told from it. */
  @Property(tries = 200)
  void theAxisIsFoundAlongWhichTheBiasIsAdded(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 4) int rank,
      @ForAll @IntRange(min = 2, max = 5) int channels,
      @ForAll boolean square) {
    Random random = new Random(seed);
    int axis = random.nextInt(rank);
    BiasProbe probe = new BiasProbe(BIAS, channels, 3f);
    INDArray bias = random(random, channels);
    for (int call = 0; call < 2; call++) {
      long[] shape = new long[rank];
      for (int i = 0; i < rank; i++) {
        shape[i] = i == axis || square ? channels : 1 + random.nextInt(4);
      }
      INDArray output = random(random, shape);
      probe.observe(output, moved(probe, bias, output, axis, x -> x));
    }
    assertEquals(BiasProbe.Effect.ADDED, probe.effect());
    long[] shape = new long[rank];
    java.util.Arrays.fill(shape, channels);
    OutputChannels found = probe.channels(shape);
    for (int i = 0; i < Math.pow(channels, rank); i++) {
      assertEquals(coordinate(i, shape, axis), found.of(i), "element " + i);
    }
  }

  @Property(tries = 100)
  void anActivationBehindTheBiasMovesChannelsByLess(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 9) int channels) {
    Random random = new Random(seed);
    BiasProbe probe = new BiasProbe(BIAS, channels, 2f);
    INDArray bias = random(random, channels);
    INDArray output = random(random, 4, channels, 3);
    probe.observe(output, moved(probe, bias, output, 1, x -> x * 0.4));
    assertEquals(BiasProbe.Effect.MOVES_CHANNELS, probe.effect());
    assertEquals(1, probe.channels(4, channels, 3).of(3));
    assertEquals(0, probe.channels(4, channels, 3).of(2));
  }

  private static BiasProbe.Effect effect(DoubleUnaryOperator by) {
    Random random = new Random(1);
    BiasProbe probe = new BiasProbe(BIAS, 6, 8f);
    INDArray bias = random(random, 6);
    INDArray output = random(random, 5, 6);
    probe.observe(output, moved(probe, bias, output, 1, by));
    return probe.effect();
  }

  /** Steps of 8: 0.01 of one is 0.08. */
  @Test
  void aHundredthOfAStepIsRounding() {
    assertEquals(BiasProbe.Effect.ADDED, effect(x -> x > 0 ? x + 0.07 : 0.07));
    assertEquals(BiasProbe.Effect.MOVES_CHANNELS, effect(x -> x > 0 ? x - 0.09 : 0.07));
    assertEquals(BiasProbe.Effect.OTHER, effect(x -> x > 0 ? x + 0.09 : 0));
    assertEquals(BiasProbe.Effect.OTHER, effect(x -> x > 0 ? x : 0.09));
    assertEquals(BiasProbe.Effect.OTHER, effect(x -> x > 0 ? x : -0.09));
    assertEquals(BiasProbe.Effect.OTHER, effect(x -> 0));
    assertEquals(BiasProbe.Effect.OTHER, effect(x -> 0.009 * x));
    assertEquals(BiasProbe.Effect.MOVES_CHANNELS, effect(x -> 0.011 * x));
    assertEquals(BiasProbe.Effect.OTHER, effect(x -> -x));
  }

  @Test
  void theWorstCallCountsAndEachRankForItself() {
    Random random = new Random(2);
    INDArray bias = random(random, 3);
    BiasProbe probe = new BiasProbe(BIAS, 3, 1f);
    assertFalse(probe.isObserved());
    assertEquals(BiasProbe.Effect.OTHER, probe.effect());
    INDArray rows = random(random, 4, 3);
    INDArray images = random(random, 2, 3, 5);
    probe.observe(rows, moved(probe, bias, rows, 1, x -> x));
    probe.observe(images, moved(probe, bias, images, 1, x -> x / 2));
    assertTrue(probe.isObserved());
    assertEquals(BiasProbe.Effect.MOVES_CHANNELS, probe.effect());
    assertEquals(new OutputChannels(3, 1), probe.channels(4, 3));
    assertEquals(new OutputChannels(3, 5), probe.channels(2, 3, 5));
    assertEquals(
        "fc1.bias moves no channels of its layer's output",
        assertThrows(IllegalStateException.class, () -> probe.channels(3)).getMessage());
    // An axis that has another length in another call is not that of the channels.
    INDArray other = random(random, 2, 4, 3);
    probe.observe(other, moved(probe, bias, other, 2, x -> x));
    assertEquals(BiasProbe.Effect.OTHER, probe.effect());
    assertThrows(IllegalStateException.class, () -> probe.channels(2, 3, 5));
  }

  @Test
  void aBiasOfOneValueIsAddedToTheWholeOutput() {
    INDArray bias = DenseFloats.array(new float[] {1}, 1);
    BiasProbe probe = new BiasProbe(BIAS, 1, 0f);
    assertArrayEquals(
        new float[] {2}, probe.raised(bias).toFloatVector(), "a step of 1 beside outputs of 0");
    INDArray output = random(new Random(3), 2, 4);
    probe.observe(output, output.add(1));
    assertEquals(BiasProbe.Effect.ADDED, probe.effect());
    OutputChannels one = probe.channels(2, 4);
    for (int i = 0; i < 8; i++) {
      assertEquals(0, one.of(i));
    }
    assertEquals(1, probe.channels());
    assertEquals(BIAS, probe.bias());
  }

  @Test
  void someValuesAreRaisedAndSomeAreNot() {
    for (int length = 2; length < 20; length++) {
      BiasProbe probe = new BiasProbe(BIAS, length, 0.5f);
      float[] raised = probe.raised(DenseFloats.array(new float[length], length)).toFloatVector();
      assertEquals(0.5f, raised[0]);
      assertEquals(0, raised[length - 1]);
      for (float value : raised) {
        assertTrue(value == 0 || value == 0.5f);
      }
    }
  }

  @Property(tries = 100)
  void theMeanErrorOfEachChannelIsAddedToTheBias(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 2) int axis) {
    Random random = new Random(seed);
    long[] shape = {2, 3, 4};
    int count = (int) shape[axis];
    ChannelErrors errors = new ChannelErrors(count);
    INDArray bias = random(random, count);
    double[] sums = new double[count];
    for (int call = 0; call < 3; call++) {
      INDArray expected = random(random, shape);
      INDArray actual = random(random, shape);
      errors.add(expected, actual, OutputChannels.along(axis, shape));
      for (int i = 0; i < 24; i++) {
        sums[coordinate(i, shape, axis)] +=
            (double) expected.ravel().getFloat(i) - actual.ravel().getFloat(i);
      }
    }
    float[] corrected = errors.corrected(bias).toFloatVector();
    for (int c = 0; c < count; c++) {
      assertEquals(bias.getFloat(c) + sums[c] / (3.0 * 24 / count), corrected[c], 1e-6);
    }
    assertArrayEquals(
        bias.toFloatVector(), new ChannelErrors(count).corrected(bias).toFloatVector());
  }
}
