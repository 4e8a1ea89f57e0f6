package dev.bitfold.it.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.Training;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.layer.Gradients;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;

/** Quantization-aware training of eager layers. */
@Tag("slow")
@Tag("any-jdk")
class TrainingTest {
  private static final int IN = 12;
  private static final int HIDDEN = 20;
  private static final int OUT = 5;

  private final Net net =
      new Net(
          Dense.random(1, IN, HIDDEN),
          new Gain(Arrays.normal(7, HIDDEN).muli(0.2).addi(1), Arrays.normal(8, HIDDEN).muli(0.1)),
          Dense.random(2, HIDDEN, OUT));
  private final List<INDArray> batches =
      IntStream.range(0, 4).mapToObj(i -> Arrays.normal(100 + i, 32, IN)).toList();
  private final INDArray target =
      new Net(Dense.random(3, IN, HIDDEN), net.gain(), Dense.random(4, HIDDEN, OUT))
          .forward(batches.get(0));

  private Plan<Net> plan() {
    return NetQuantizer.of(net);
  }

  private Calibration<Net> calibrated(Plan<Net> plan) {
    return plan.calibrate(batches, Net::forward);
  }

  private double learn(Net model) {
    return model.learn(batches.get(0), target);
  }

  private static QuantDescriptor.Builder bits(int bits) {
    return QuantDescriptor.builder().bits(bits);
  }

  private Plan<Net> describe(QuantDescriptor weight, QuantDescriptor input) {
    return plan()
        .describe("fc.weight", weight)
        .describe("head.weight", weight)
        .describe("fc.x", input)
        .describe("head.x", input);
  }

  /** Every kind of scale, on weights and on inputs. */
  static Stream<Arguments> granularities() {
    QuantDescriptor eight = bits(8).build();
    BlockSize blocks = BlockSize.axis(0, 4);
    return Stream.of(
        Arguments.of("per tensor", bits(4).build(), eight),
        Arguments.of("per channel", bits(4).per("O").build(), eight),
        Arguments.of("per channel, LSQ", bits(3).per("O").ste(Ste.LSQ).build(), lsq(3)),
        Arguments.of("per tensor, LSQ, 2 bits", lsq(2), lsq(2)),
        Arguments.of("blocks", bits(4).blockSizes(blocks).build(), eight),
        Arguments.of("blocks, LSQ", bits(4).blockSizes(blocks).ste(Ste.LSQ).build(), eight),
        Arguments.of("MSE per channel", bits(4).per("O").calib(Calib.MSE).build(), eight),
        Arguments.of("PACT", bits(4).ste(Ste.PACT).build(), bits(4).ste(Ste.PACT).build()),
        Arguments.of(
            "learned amax", bits(4).learnAmax(true).build(), bits(4).learnAmax(true).build()),
        Arguments.of("pass-through", bits(4).ste(Ste.PASS_THROUGH).build(), eight),
        Arguments.of("a fixed amax", bits(4).amax(0.4f).build(), bits(6).amax(2f).build()),
        Arguments.of("scaled", bits(4).scaleAmax(0.8f).build(), bits(6).scaleAmax(0.7f).build()),
        Arguments.of("affine", bits(4).affine(true).per("O").build(), bits(6).affine(true).build()),
        Arguments.of("FP8", bits(4, 3).build(), bits(4, 3).build()),
        Arguments.of("per token", bits(8).build(), bits(8).per("N").dynamic(true).build()),
        Arguments.of(
            "NVFP4",
            bits(2, 1).blockSizes(blocks).scaleBits(4, 3).build(),
            bits(2, 1).blockSizes(BlockSize.axis(-1, 4)).scaleBits(4, 3).dynamic(true).build()),
        Arguments.of(
            "MX",
            bits(2, 1).blockSizes(blocks).scaleBits(8, 0).build(),
            bits(4, 3).blockSizes(BlockSize.axis(-1, 4)).scaleBits(8, 0).dynamic(true).build()));
  }

  private static QuantDescriptor.Builder bits(int exponent, int mantissa) {
    return QuantDescriptor.builder().bits(exponent, mantissa);
  }

  private static QuantDescriptor lsq(int bits) {
    return bits(bits).ste(Ste.LSQ).calib(Calib.MSE).build();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("granularities")
  void whatIsTrainedIsWhatIsDeployed(
      String name, QuantDescriptor weight, QuantDescriptor input, @TempDir Path folder)
      throws Exception {
    Training<Net> training =
        calibrated(describe(weight, input)).train(new Adam(1e-2), new Adam(1e-3));
    for (int i = 0; i < 5; i++) {
      training.step(this::learn);
    }
    INDArray trained = training.model().forward(batches.get(1));

    Quantized<Net> frozen = training.freeze();
    assertSameBits(trained, frozen.model().forward(batches.get(1)));
    assertSameBits(trained, frozen.compress().model().forward(batches.get(1)));
    assertFalse(
        trained.equals(
            calibrated(describe(weight, input)).freeze().model().forward(batches.get(1))));

    Path file = folder.resolve("net.safetensors");
    frozen.save(file);
    assertSameBits(trained, NetQuantizer.load(net, file).model().forward(batches.get(1)));
    Path packed = folder.resolve("packed.safetensors");
    frozen.compress().save(packed);
    assertSameBits(trained, NetQuantizer.load(net, packed).model().forward(batches.get(1)));

    training.step(this::learn);
    assertSameBits(trained, frozen.model().forward(batches.get(1)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("granularities")
  void theLossFalls(String name, QuantDescriptor weight, QuantDescriptor input) {
    Training<Net> training =
        calibrated(describe(weight, input)).train(new Adam(1e-2), new Adam(1e-3));
    double first = training.step(this::learn);
    double last = first;
    for (int i = 0; i < 60; i++) {
      last = training.step(this::learn);
    }
    assertTrue(last < 0.7 * first, name + ": from " + first + " to " + last);
  }

  static List<IUpdater> updaters() {
    return List.of(new Adam(1e-2), new Nesterovs(0.1, 0.9), new Sgd(0.1), new RmsProp(1e-3));
  }

  @ParameterizedTest
  @MethodSource("updaters")
  void takesEveryUpdater(IUpdater updater) {
    Training<Net> training = calibrated(plan()).train(updater);
    double first = training.step(this::learn);
    double last = first;
    for (int i = 0; i < 60; i++) {
      last = training.step(this::learn);
    }
    assertTrue(last < 0.5 * first, "from " + first + " to " + last);
  }

  /**
   * The oracle is the same network in double, written out in loops, its weights and inputs
   * quantized.
   */
  @Test
  void gradientsAreThoseOfTheQuantizedNetwork() {
    Training<Net> training =
        calibrated(describe(bits(4).per("O").build(), bits(4).amax(1f).build())).train(new Sgd(1));
    Map<String, INDArray> gradients = training.gradients(this::learn);
    Oracle oracle = new Oracle(net, batches.get(0), target, 4, 1);

    assertEquals(
        List.of("fc.weight", "fc.bias", "gain.scale", "gain.offset", "head.weight", "head.bias"),
        List.copyOf(training.parameters().keySet()));
    oracle
        .gradients()
        .forEach((path, expected) -> assertClose(path, expected, gradients.get(path)));
    assertFalse(gradients.containsKey("gain.offset"));
  }

  /** At 16 bits nothing is rounded that matters: the estimators leave the true derivative. */
  @Test
  void gradientsAreCentralDifferencesWhereRoundingDoesNotMatter() {
    QuantDescriptor fine = bits(16).ste(Ste.PASS_THROUGH).build();
    Training<Net> training = calibrated(describe(fine, fine)).train(new Sgd(1));
    Map<String, INDArray> gradients = training.gradients(this::learn);
    for (String path : gradients.keySet()) {
      double[] expected = Oracle.centralDifferences(net, batches.get(0), target, path);
      assertClose(path, expected, gradients.get(path));
    }
  }

  @Test
  void aStepOfSgdSubtractsTheGradientFromTheFloatMaster() {
    Training<Net> training = calibrated(plan()).train(new Sgd(0.5));
    Map<String, INDArray> before = training.parameters();
    Map<String, INDArray> gradients = training.gradients(this::learn);
    assertEquals(0, training.steps());
    training.step(this::learn);
    gradients.forEach(
        (path, gradient) ->
            assertSameBits(
                before.get(path).sub(gradient.mul(0.5)), training.parameters().get(path)));
    assertSameBits(before.get("gain.offset"), training.parameters().get("gain.offset"));
  }

  @Test
  void effectiveWeightsAreRewrittenInPlace() {
    Training<Net> training = calibrated(plan()).train(new Adam(1e-2));
    INDArray effective = training.model().fc().weight();
    INDArray before = effective.dup();
    training.step(this::learn);
    assertTrue(effective == training.model().fc().weight());
    assertFalse(before.equals(effective));
  }

  @Test
  void theModelItselfIsNeverTouched() {
    INDArray weight = net.fc().weight().dup();
    INDArray scale = ((Gain) net.gain()).scale().dup();
    Training<Net> training = calibrated(plan()).train(new Adam(1e-1));
    training.step(this::learn);
    assertSameBits(weight, net.fc().weight());
    assertSameBits(scale, ((Gain) net.gain()).scale());
  }

  @Test
  void aLayerThatStandsTwiceAddsItsGradients() {
    Dense shared = Dense.random(5, HIDDEN, HIDDEN);
    Pair tied = new Pair(shared, shared);
    Pair apart =
        new Pair(shared, new Dense(shared.weight().dup(), shared.bias().dup(), shared.fault()));
    INDArray x = Arrays.normal(11, 8, HIDDEN);
    QuantDescriptor fine = bits(16).ste(Ste.PASS_THROUGH).build();
    Plan<Pair> onePlan =
        PairQuantizer.of(tied).describe("one.weight", fine).describe("one.x", fine);
    Plan<Pair> twoPlan =
        PairQuantizer.of(apart)
            .describe("one.weight", fine)
            .describe("one.x", fine)
            .describe("two.weight", fine)
            .describe("two.x", fine);
    Map<String, INDArray> one = gradients(onePlan, x);
    Map<String, INDArray> two = gradients(twoPlan, x);
    assertEquals(List.of("one.weight", "one.bias"), List.copyOf(one.keySet()));
    INDArray sum = two.get("one.weight").add(two.get("two.weight"));
    assertEquals(0, relative(sum, one.get("one.weight")), 1e-3);
  }

  private static Map<String, INDArray> gradients(Plan<Pair> plan, INDArray x) {
    return plan.calibrate(List.of(x), Pair::forward).train(new Sgd(1)).gradients(p -> p.learn(x));
  }

  @Test
  void anArrayOfTwoLayersIsOneParameter() {
    Dense one = Dense.random(5, HIDDEN, HIDDEN);
    Pair pair = new Pair(one, new Dense(one.weight(), Arrays.normal(4, HIDDEN), one.fault()));
    INDArray x = Arrays.normal(11, 8, HIDDEN);
    Training<Pair> training =
        PairQuantizer.of(pair).calibrate(List.of(x), Pair::forward).train(new Sgd(0.01));
    assertEquals(
        List.of("one.weight", "one.bias", "two.bias"), List.copyOf(training.parameters().keySet()));
    training.step(p -> p.learn(x));
    Pair trained = training.model();
    assertSameBits(trained.one().weight(), trained.two().weight());
    assertSameBits(trained.forward(x), training.freeze().model().forward(x));
  }

  @Test
  void aSmoothedModelIsTrainedAndDeployed() {
    Calibration<Net> smoothed = calibrated(plan()).smoothQuant();
    Training<Net> training = smoothed.train(new Adam(1e-2));
    double first = training.step(this::learn);
    double last = first;
    for (int i = 0; i < 40; i++) {
      last = training.step(this::learn);
    }
    assertTrue(last < 0.7 * first, "from " + first + " to " + last);
    assertSameBits(
        training.model().forward(batches.get(2)),
        training.freeze().model().forward(batches.get(2)));
  }

  @Test
  void anOutputsQuantizerIsTrainedThrough() {
    Plan<Net> plan = plan().describe("head.output", bits(8).amax(0.5f).build());
    Map<String, INDArray> gradients = calibrated(plan).train(new Sgd(1)).gradients(this::learn);
    Map<String, INDArray> open = calibrated(plan()).train(new Sgd(1)).gradients(this::learn);
    double clipped = gradients.get("head.bias").norm2Number().doubleValue();
    assertTrue(clipped > 0);
    assertTrue(clipped < 0.95 * open.get("head.bias").norm2Number().doubleValue());
  }

  @Test
  void learnsItsScales() {
    Training<Net> training = calibrated(describe(lsq(3), lsq(3))).train(new Adam(1e-2));
    Map<String, INDArray> before = training.parameters();
    for (int i = 0; i < 10; i++) {
      training.step(this::learn);
    }
    for (String path : List.of("fc.weight.amax", "fc.x.amax", "head.weight.amax", "head.x.amax")) {
      assertTrue(
          Math.abs(before.get(path).getFloat(0) - training.parameters().get(path).getFloat(0))
              > 1e-3f,
          path);
    }
  }

  private void assertRefused(String expected, Class<? extends Exception> type, Runnable action) {
    Exception e = assertThrows(type, action::run);
    for (String part : expected.split("\\|")) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  private void assertFaultRefused(
      Stage.Fault fault, String expected, Class<? extends Exception> type) {
    Net faulty = new Net(net.fc().with(fault), net.gain(), net.head());
    Training<Net> training =
        NetQuantizer.of(faulty).calibrate(batches, Net::forward).train(new Adam(1e-2));
    Map<String, INDArray> before = training.parameters();
    assertRefused(expected, type, () -> training.step(this::learn));
    before.forEach((path, value) -> assertSameBits(value, training.parameters().get(path)));
    assertEquals(0, training.steps());
  }

  @Test
  void refusesWrongGradients() {
    Class<IllegalArgumentException> argument = IllegalArgumentException.class;
    assertFaultRefused(Stage.Fault.WRONG_SHAPE, "fc (Dense)|weight|[20, 12]|[12, 20]", argument);
    assertFaultRefused(
        Stage.Fault.WRONG_NAME,
        "fc (Dense)|backward names [WRONG_NAME]|its tensors are [bias, weight",
        argument);
    assertFaultRefused(Stage.Fault.LEFT_OUT, "fc (Dense)|no gradient of [weight]", argument);
    assertFaultRefused(
        Stage.Fault.NOT_A_NUMBER, "step 1|fc.weight holds NaN", IllegalStateException.class);
  }

  @Test
  void refusesWhatCannotBeTrained() {
    assertRefused(
        "fc.weight (Dense|affine quantizer",
        IllegalArgumentException.class,
        () ->
            calibrated(plan().describe("fc.weight", bits(8).affine(true).ste(Ste.PACT).build()))
                .train(new Adam()));
    assertRefused(
        "fc.weight (Dense|LSQ|integer formats",
        IllegalArgumentException.class,
        () ->
            calibrated(plan().describe("fc.weight", bits(4, 3).ste(Ste.LSQ).build()))
                .train(new Adam()));
    assertRefused(
        "head.x (Dense|fakeQuant",
        IllegalArgumentException.class,
        () -> plan().describe("head.x", bits(8).fakeQuant(false).build()));
    assertRefused(
        "Net|has not been trained",
        IllegalStateException.class,
        () -> calibrated(plan()).train(new Adam()).freeze());
    Training<Net> training = calibrated(plan()).train(new Adam());
    assertRefused(
        "step 1|another step is running",
        IllegalStateException.class,
        () -> training.step(outer -> training.step(this::learn)));
    training.step(this::learn);
    assertEquals(1, training.steps());
  }

  @Test
  void nullsAreNamed() {
    assertRefused(
        "pass", NullPointerException.class, () -> calibrated(plan()).train(new Adam()).step(null));
    assertRefused(
        "the gradient of the input|withoutInput",
        NullPointerException.class,
        () -> Gradients.of(null));
    assertRefused(
        "the gradient of weight|fixed",
        NullPointerException.class,
        () -> Gradients.withoutInput().with("weight", null));
  }

  @Test
  void refusesAnAmaxThatLeavesItsRange() {
    Training<Net> training =
        calibrated(describe(lsq(3), lsq(3))).train(new Adam(1e-2), new Sgd(1e6));
    Map<String, INDArray> before = training.parameters();
    assertRefused(
        "step 1|(Dense|learned amax would become",
        IllegalStateException.class,
        () -> training.step(this::learn));
    before.forEach((path, value) -> assertSameBits(value, training.parameters().get(path)));
    assertRefused(
        "step 1|the loss is NaN",
        IllegalStateException.class,
        () -> training.step(model -> Double.NaN));
    assertRefused(
        "no gradient has reached", IllegalStateException.class, () -> training.step(model -> 1));
  }

  @Test
  void aQuantizedModelHasNoGradients() {
    Net quantized = calibrated(plan()).freeze().model();
    assertRefused("head.|Calibration.train", IllegalStateException.class, () -> learn(quantized));
  }

  private static void assertClose(String path, double[] expected, INDArray actual) {
    float[] values = actual.dup('c').data().asFloat();
    assertEquals(expected.length, values.length, path);
    double largest = java.util.Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertTrue(largest > 1e-4, path);
    for (int i = 0; i < values.length; i++) {
      assertEquals(expected[i], values[i], 2e-3 * largest, path + " at " + i);
    }
  }

  private static double relative(INDArray expected, INDArray actual) {
    return expected.sub(actual).norm2Number().doubleValue() / expected.norm2Number().doubleValue();
  }

  private static void assertSameBits(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.dup('c').data().asFloat(), actual.dup('c').data().asFloat());
  }
}
