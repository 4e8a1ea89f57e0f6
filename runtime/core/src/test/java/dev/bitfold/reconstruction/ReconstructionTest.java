package dev.bitfold.reconstruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.internal.state.State;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.toy.ToyDense;
import dev.bitfold.toy.ToyLinear;
import dev.bitfold.toy.ToyNet;
import dev.bitfold.toy.ToyStack;
import dev.bitfold.tuning.Sensitivity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What reconstruction promises, measured on the frozen models themselves. */
class ReconstructionTest {
  private static final ReconstructionOptions APART =
      ReconstructionOptions.DEFAULT.withSequential(false);

  private static Recipe weights(QuantDescriptor descriptor) {
    return Recipe.of("weights").with(Role.WEIGHT, descriptor);
  }

  private static QuantDescriptor.Builder bits(int bits) {
    return QuantDescriptor.builder().bits(bits);
  }

  private static QuantDescriptor.Builder bits(int exponent, int mantissa) {
    return QuantDescriptor.builder().bits(exponent, mantissa);
  }

  private static QuantDescriptor.Builder powersOfTwo(QuantDescriptor.Builder format) {
    return format.scaleBits(8, 0).blockSizes(BlockSize.along("I", 8));
  }

  private static QuantDescriptor.Builder underGlobal(QuantDescriptor.Builder format) {
    return format.scaleBits(4, 3).blockSizes(BlockSize.along("I", 8));
  }

  /** Batches whose channels depend on each other, with a mean. */
  private static List<INDArray> correlated(int count, int rows, int width) {
    INDArray mix = ToyStack.normal(7, width, width);
    INDArray mean = ToyStack.normal(8, width);
    return IntStream.range(0, count)
        .mapToObj(i -> ToyStack.normal(50 + i, rows, width).mmul(mix).addRowVector(mean))
        .toList();
  }

  private static double distance(INDArray x, INDArray y) {
    return x.sub(y).norm2Number().doubleValue();
  }

  private static Calibration<ToyStack> calibrated(
      ToyStack stack, List<INDArray> batches, Recipe recipe) {
    return ToyStack.plan(stack).using(recipe).calibrate(batches, ToyStack::forward);
  }

  static Stream<QuantDescriptor> formats() {
    return Stream.of(
        bits(2).per("O").build(),
        bits(3).blockSizes(BlockSize.along("I", 8)).build(),
        bits(4).build(),
        bits(4).per("O").build(),
        bits(4).per("I").build(),
        bits(4).narrowRange(true).blockSizes(BlockSize.along("I", 7)).build(),
        bits(4).affine(true).per("O").build(),
        bits(4).affine(true).blockSizes(BlockSize.along("I", 8)).build(),
        bits(3).affine(true).unsigned(true).blockSizes(BlockSize.along("O", 2)).build(),
        bits(8).per("O").build(),
        QuantDescriptor.builder().bits(2, 1).per("O").build(),
        QuantDescriptor.builder().bits(4, 3).build(),
        QuantDescriptor.builder().bits(2, 3).blockSizes(BlockSize.along("I", 8)).build(),
        QuantDescriptor.builder().bits(3, 0).per("O").build(),
        QuantDescriptor.builder().format(Format.NF4).blockSizes(BlockSize.along("I", 8)).build(),
        QuantDescriptor.builder().format(Format.NF4).per("O").build(),
        powersOfTwo(bits(4)).build(),
        powersOfTwo(bits(4)).scaleRule(ScaleRule.CEIL).build(),
        powersOfTwo(bits(2, 1)).build(),
        powersOfTwo(bits(3, 2)).scaleRule(ScaleRule.CEIL).build(),
        powersOfTwo(bits(2, 1)).scaleRule(ScaleRule.FLUSH).build(),
        powersOfTwo(bits(4, 3)).dynamic(true).build(),
        powersOfTwo(bits(2, 1)).dynamic(true).scaleRule(ScaleRule.CEIL).build(),
        underGlobal(bits(2, 1)).build(),
        underGlobal(bits(2, 1)).dynamic(true).build(),
        underGlobal(bits(4)).scaleRule(ScaleRule.FLUSH).build(),
        underGlobal(bits(2, 1)).scaleRule(ScaleRule.RECIPROCAL).build());
  }

  @ParameterizedTest
  @MethodSource("formats")
  void noLayerBecomesWorseAndTheErrorsAreThoseOfTheFrozenModel(QuantDescriptor descriptor) {
    ToyStack stack = ToyStack.random(1, 24, 10);
    List<INDArray> batches = correlated(16, 12, 24);
    Calibration<ToyStack> nearest = calibrated(stack, batches, weights(descriptor));
    Calibration<ToyStack> reconstructed = nearest.reconstruct(APART);
    Reconstruction weight = reconstructed.reconstructions().weights().get(0);

    double nearestError = judged(stack, nearest.freeze(), batches);
    double reached = judged(stack, reconstructed.freeze(), batches);

    assertEquals(nearestError, weight.nearest(), 1e-3 * nearestError);
    // What the model has is fitted to these rows, too.
    assertTrue(reached <= weight.reached() + 1e-3 * nearestError, weight + " and " + reached);
    assertTrue(reached > 0.5 * weight.reached(), weight + " and " + reached);
    assertTrue(reached <= nearestError * (1 + 1e-6), reached + " > " + nearestError);
    if (descriptor.format().bits() <= 4) {
      assertTrue(reached < 0.9 * nearestError, weight.toString());
    }
  }

  /** The error on each eighth batch, which is not fitted to, relative to the product alone. */
  private static double judged(
      ToyStack stack, Quantized<ToyStack> quantized, List<INDArray> batches) {
    double noise = 0;
    double signal = 0;
    for (int i = 7; i < batches.size(); i += 8) {
      INDArray x = batches.get(i);
      noise += Math.pow(distance(stack.forward(x), quantized.model().forward(x)), 2);
      INDArray product = x.mmul(stack.layers().get(0).weight());
      signal += Math.pow(product.norm2Number().doubleValue(), 2);
    }
    return Math.sqrt(noise / signal);
  }

  @Test
  void inSequenceALayerMakesUpForThoseBeforeIt() {
    ToyStack stack = ToyStack.random(3, 32, 32, 32, 16);
    List<INDArray> batches = correlated(16, 24, 32);
    List<INDArray> others = correlated(20, 24, 32).subList(16, 20);
    Calibration<ToyStack> calibration =
        calibrated(stack, batches, weights(bits(3).per("O").build()));

    double nearest = calibration.freeze().compare(stack, others, ToyStack::forward).relativeError();
    double apart =
        calibration
            .reconstruct(APART)
            .freeze()
            .compare(stack, others, ToyStack::forward)
            .relativeError();
    double sequential =
        calibration
            .reconstruct(ReconstructionOptions.DEFAULT)
            .freeze()
            .compare(stack, others, ToyStack::forward)
            .relativeError();

    assertTrue(apart < 0.8 * nearest, apart + " and " + nearest);
    assertTrue(sequential < 0.95 * apart, sequential + " and " + apart);
  }

  /** What is kept of the float model's inputs saves passes, and changes nothing. */
  @Test
  void fewerBytesGiveTheSameWeightsInMorePassesOfTheFloatModel() {
    ToyStack stack = ToyStack.random(3, 32, 32, 32, 32, 16);
    List<INDArray> batches = correlated(16, 24, 32);
    long oneBatch = 24L * 32 * Float.BYTES;
    List<Integer> calls = new ArrayList<>();
    List<INDArray> outputs = new ArrayList<>();
    for (long most : new long[] {1, 18 * oneBatch, 100 * oneBatch}) {
      int[] count = new int[1];
      Calibration<ToyStack> calibration =
          ToyStack.plan(stack)
              .using(weights(bits(3).per("O").build()))
              .withByteLimit(most)
              .calibrate(
                  batches,
                  (model, x) -> {
                    count[0]++;
                    return model.forward(x);
                  });
      int before = count[0];
      Calibration<ToyStack> done = calibration.reconstruct(ReconstructionOptions.DEFAULT);
      calls.add(count[0] - before);
      outputs.add(done.freeze().model().forward(batches.get(0)));
    }

    // The first batch tells which layers there are. The first layer's inputs are float ones.
    int quantized = 1 + 16 + 3 * 16;
    assertEquals(List.of(quantized + 3 * 16, quantized + 2 * 16, quantized + 16), calls);
    assertEquals(outputs.get(0), outputs.get(1));
    assertEquals(outputs.get(0), outputs.get(2));
  }

  @Test
  void quantizedInputsAreFittedTo() {
    ToyStack stack = ToyStack.random(4, 16, 12, 8);
    List<INDArray> batches = ToyStack.batches(16, 24, 16);
    Recipe recipe = weights(bits(4).per("O").build()).with(Role.INPUT, QuantDescriptor.bits(4));
    Calibration<ToyStack> smooth = calibrated(stack, batches, recipe);
    double nearest = smooth.freeze().compare(stack, batches, ToyStack::forward).relativeError();

    for (boolean sequential : new boolean[] {true, false}) {
      ReconstructionOptions options = ReconstructionOptions.DEFAULT.withSequential(sequential);
      Calibration<ToyStack> reconstructed = smooth.reconstruct(options);
      assertTrue(
          reconstructed.freeze().compare(stack, batches, ToyStack::forward).relativeError()
              < nearest,
          options.toString());
    }
  }

  @Test
  void theFrozenModelIsTheOneThatIsSavedLoadedAndCompressed(@TempDir Path folder)
      throws IOException {
    ToyStack stack = ToyStack.random(5, 24, 16, 8);
    List<INDArray> batches = correlated(8, 12, 24);
    INDArray x = batches.get(3);
    for (QuantDescriptor descriptor : formats().toList()) {
      Plan<ToyStack> plan = ToyStack.plan(stack).using(weights(descriptor));
      Quantized<ToyStack> frozen =
          plan.calibrate(batches, ToyStack::forward)
              .reconstruct(ReconstructionOptions.DEFAULT)
              .freeze();
      INDArray expected = frozen.model().forward(x);
      Path file = folder.resolve("state.safetensors");
      frozen.save(file);

      assertEquals(
          expected,
          Quantized.load(stack, ToyStack.component(), file).model().forward(x),
          descriptor.toString());
      assertEquals(expected, frozen.compress().model().forward(x), descriptor.toString());
    }
  }

  @Test
  void theSameDataGiveTheSameBits() {
    ToyStack stack = ToyStack.random(6, 24, 16, 8);
    List<INDArray> batches = correlated(9, 12, 24);
    Calibration<ToyStack> calibration =
        calibrated(stack, batches, weights(bits(4).per("O").build()));
    INDArray once =
        calibration
            .reconstruct(ReconstructionOptions.DEFAULT)
            .freeze()
            .model()
            .forward(batches.get(0));
    INDArray again =
        calibration
            .reconstruct(ReconstructionOptions.DEFAULT)
            .freeze()
            .model()
            .forward(batches.get(0));

    assertEquals(once, again);
  }

  @Test
  void smoothingAndSkippingComeBeforeAndBiasesBeforeOrAfter() {
    ToyStack stack = ToyStack.random(7, 16, 12, 8);
    List<INDArray> batches = ToyStack.batches(8, 24, 16);
    Calibration<ToyStack> calibration = ToyStack.plan(stack).calibrate(batches, ToyStack::forward);
    Calibration<ToyStack> reconstructed = calibration.reconstruct(APART);

    assertEquals(
        "the weights are reconstructed already, for the inputs as they are: call smoothQuant before"
            + " reconstruct",
        assertThrows(IllegalStateException.class, reconstructed::smoothQuant).getMessage());
    assertEquals(
        "the weights are reconstructed already, for the inputs as they are: call reconstruct once",
        assertThrows(IllegalStateException.class, () -> reconstructed.reconstruct(APART))
            .getMessage());
    INDArray x = batches.get(0);
    assertEquals(
        calibration.smoothQuant().correctBiases().reconstruct(APART).freeze().model().forward(x),
        calibration.smoothQuant().reconstruct(APART).correctBiases().freeze().model().forward(x));
    assertEquals(
        "the weights are reconstructed already, for the inputs as they are: call skip before"
            + " reconstruct",
        assertThrows(IllegalStateException.class, () -> reconstructed.skip("**")).getMessage());
  }

  @Test
  void aWeightWhoseAmaxTheUserHasSetIsLeft() {
    ToyStack stack = ToyStack.random(8, 16, 12, 8);
    List<INDArray> batches = ToyStack.batches(8, 24, 16);
    Calibration<ToyStack> calibration = ToyStack.plan(stack).calibrate(batches, ToyStack::forward);
    List<String> paths =
        calibration.reconstruct(APART).reconstructions().weights().stream()
            .map(Reconstruction::path)
            .toList();
    Calibration<ToyStack> set =
        calibration.weightAmax(paths.get(0), (path, weight) -> weight.amax(0).mul(0.9));

    Reconstructions done = set.reconstruct(APART).reconstructions();

    assertEquals(List.of(paths.get(1)), done.weights().stream().map(Reconstruction::path).toList());
    assertTrue(
        Objects.requireNonNull(done.left().get(paths.get(0))).startsWith("its amax is fixed: "));
    assertTrue(done.toString().contains(paths.get(0) + ": as it was, its amax is fixed"));
    Calibration<ToyStack> reconstructed = calibration.reconstruct(APART);
    assertThrows(
        IllegalArgumentException.class,
        () -> reconstructed.weightAmax(paths.get(0), (path, weight) -> weight.amax(0)));
  }

  @Test
  void withoutAWeightToReconstructTheReasonsAreSaid() {
    ToyStack stack = ToyStack.random(9, 16, 12);
    List<INDArray> batches = ToyStack.batches(2, 24, 16);
    Recipe ofIntegers = weights(bits(4).blockSizes(BlockSize.along("I", 8)).scaleBits(8).build());

    String message =
        Objects.requireNonNull(
            assertThrows(
                    IllegalStateException.class,
                    () -> calibrated(stack, batches, ofIntegers).reconstruct(APART))
                .getMessage());

    assertTrue(message.startsWith("no weight can be reconstructed: "), message);
    assertTrue(
        message.endsWith(
            "its scales are integers around their mean: each would move if another one is chosen"),
        message);
  }

  @Test
  void deadChannelsAndFewerRowsThanChannelsAreNoTrouble() {
    ToyStack stack = ToyStack.random(10, 40, 12);
    List<INDArray> batches = new ArrayList<>();
    for (INDArray x : correlated(6, 5, 40)) {
      x.getColumns(3, 17).assign(0);
      batches.add(x);
    }
    Calibration<ToyStack> calibration =
        calibrated(stack, batches, weights(bits(3).per("O").build()));

    Reconstruction weight = calibration.reconstruct(APART).reconstructions().weights().get(0);

    assertTrue(Double.isFinite(weight.reached()), weight.toString());
    assertTrue(weight.reached() < weight.nearest(), weight.toString());
  }

  @Test
  void inputsOfZerosLeaveTheWeight() {
    ToyStack stack = ToyStack.random(11, 16, 12, 8);
    stack.layers().get(0).weight().assign(0);
    ToyStack zeros =
        new ToyStack(
            List.of(
                new ToyDense(stack.layers().get(0).weight(), ToyStack.normal(1, 12).assign(0)),
                stack.layers().get(1)));
    Calibration<ToyStack> calibration =
        calibrated(zeros, ToyStack.batches(2, 8, 16), weights(bits(4).per("O").build()));

    Reconstructions done = calibration.reconstruct(APART).reconstructions();

    assertTrue(
        done.left().toString().contains("they hardly vary around their mean, or not at all"),
        done.toString());
  }

  @Test
  void aLayerWithoutABiasIsReconstructed() {
    ToyNet net =
        new ToyNet(
            new ToyLinear(ToyStack.normal(12, 16, 12)), new ToyLinear(ToyStack.normal(13, 12, 8)));
    List<INDArray> batches = correlated(8, 24, 16);
    Calibration<ToyNet> calibration =
        ToyNet.plan(net)
            .using(weights(bits(3).per("O").build()))
            .calibrate(batches, ToyNet::forward);
    double nearest = calibration.freeze().compare(net, batches, ToyNet::forward).relativeError();

    Calibration<ToyNet> reconstructed = calibration.reconstruct(ReconstructionOptions.DEFAULT);

    assertEquals(2, reconstructed.reconstructions().weights().size());
    assertFalse(
        reconstructed.freeze().compare(net, batches, ToyNet::forward).relativeError()
            > 0.8 * nearest);
  }

  @Test
  void theSummaryTellsWhatWasDoneAndNoDecibelsOfWeights() {
    ToyStack stack = ToyStack.random(14, 16, 12, 8);
    List<INDArray> batches = correlated(8, 24, 16);
    Calibration<ToyStack> reconstructed =
        calibrated(stack, batches, weights(bits(3).per("O").build())).reconstruct(APART);

    Summary summary = reconstructed.freeze().summary();

    for (Reconstruction weight : reconstructed.reconstructions().weights()) {
      Summary.Row row = summary.row(weight.path()).orElseThrow();
      assertEquals(Optional.of(weight), row.reconstruction());
      assertTrue(row.decibels().isEmpty(), "the weights are on the grid: nothing would be lost");
      assertTrue(summary.toString().contains(weight.inWords()), summary.toString());
    }
    assertEquals(summary, Summary.ofJson(summary.toJson()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theFloatModelStaysTheFloatModel(boolean sequential) {
    ToyStack stack = ToyStack.random(16, 32, 24, 16);
    List<INDArray> batches = correlated(8, 24, 32);
    Calibration<ToyStack> nearest =
        calibrated(stack, batches, weights(bits(3).per("O").build())).correctBiases();
    Calibration<ToyStack> reconstructed =
        nearest.reconstruct(ReconstructionOptions.DEFAULT.withSequential(sequential));

    // What one layer alone adds is measured against the float model, not the reconstructed one.
    for (Sensitivity.Layer layer : reconstructed.sensitivity().layers()) {
      double error = layer.error().orElseThrow();
      double before =
          nearest.sensitivity().layers().stream()
              .filter(other -> other.path().equals(layer.path()))
              .mapToDouble(other -> other.error().orElseThrow())
              .findFirst()
              .orElseThrow();
      assertTrue(error > 0.1 * before && error < before, layer + " and " + before);
    }
    for (Diagnosis.Layer layer : reconstructed.diagnose().layers()) {
      assertTrue(layer.outputDecibels().orElseThrow() < 60, layer.toString());
    }
  }

  @Test
  void scalesOfFloat16AreNumbersThatFloat16Holds() {
    ToyStack stack = ToyStack.random(15, 32, 12);
    List<INDArray> batches = correlated(16, 24, 32);
    QuantDescriptor affine = bits(4).affine(true).blockSizes(BlockSize.along("I", 8)).build();
    Calibration<ToyStack> calibration = calibrated(stack, batches, weights(affine));

    Calibration<ToyStack> half = calibration.reconstruct(APART.withScales(ScalePrecision.FLOAT16));

    String path = half.reconstructions().weights().get(0).path();
    State state = half.freeze().state().state();
    PackedTensor packed =
        Objects.requireNonNull(state.scales().get(path))
            .fix(Quantizer.of(affine, new Layout("IO")))
            .pack(Objects.requireNonNull(state.tensors().get(path)));
    assertEquals(4 * 12, packed.multipliers().length);
    for (float scale : packed.multipliers()) {
      assertEquals(scale, Nd4j.scalar(scale).castTo(DataType.FLOAT16).getFloat(0));
    }
    double wide = calibration.reconstruct(APART).reconstructions().weights().get(0).reached();
    double narrow = half.reconstructions().weights().get(0).reached();
    assertEquals(wide, narrow, 0.05 * wide);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.1, 65504, 1e-5, 3e-8, 0.33333334, 1e-8, 0})
  void theNearestFloat16IsTheOneOfAnotherLibrary(double scale) {
    assertEquals(
        Nd4j.scalar((float) scale).castTo(DataType.FLOAT16).getFloat(0),
        ScalePrecision.FLOAT16.nearest((float) scale));
  }

  @Test
  void aScaleBeyondFloat16IsNone() {
    assertTrue(Float.isNaN(ScalePrecision.FLOAT16.nearest(65536)));
    assertEquals(65536f, ScalePrecision.FLOAT32.nearest(65536));
  }

  /** With few rows of data, a weight that fits them best is far off on others. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 8})
  void fewBatchesDoNotMakeTheModelWorse(int count) {
    ToyStack stack = ToyStack.random(17, 64, 64, 16);
    List<INDArray> batches = ToyStack.batches(count, 8, 64);
    List<INDArray> others = ToyStack.batches(20, 24, 64).subList(10, 20);
    Calibration<ToyStack> calibration =
        calibrated(stack, batches, weights(bits(4).blockSizes(BlockSize.along("I", 32)).build()));
    double nearest = calibration.freeze().compare(stack, others, ToyStack::forward).relativeError();

    double reached =
        calibration
            .reconstruct(ReconstructionOptions.DEFAULT)
            .freeze()
            .compare(stack, others, ToyStack::forward)
            .relativeError();

    assertTrue(reached < 1.1 * nearest, reached + " and " + nearest);
  }

  @Test
  void inputsThatDoNotVaryLeaveTheWeight() {
    ToyStack stack = ToyStack.random(18, 16, 12, 8);
    List<INDArray> zeros =
        IntStream.range(0, 9).mapToObj(i -> ToyStack.normal(i, 8, 16).assign(0)).toList();
    Calibration<ToyStack> calibration = calibrated(stack, zeros, weights(bits(4).per("O").build()));

    String message =
        Objects.requireNonNull(
            assertThrows(IllegalStateException.class, () -> calibration.reconstruct(APART))
                .getMessage());

    assertTrue(message.contains("they hardly vary around their mean"), message);
  }

  @Test
  void optionsOutsideTheirRangeAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> ReconstructionOptions.DEFAULT.withSweeps(-1));
    assertThrows(
        IllegalArgumentException.class, () -> ReconstructionOptions.DEFAULT.withDamping(0));
    assertThrows(
        IllegalArgumentException.class,
        () -> ReconstructionOptions.DEFAULT.withDamping(Double.NaN));
  }
}
