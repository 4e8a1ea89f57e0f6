package dev.bitfold.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.toy.ToyDense;
import dev.bitfold.toy.ToyLinear;
import dev.bitfold.toy.ToyNet;
import dev.bitfold.toy.ToyStack;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Compares errors and advice with models that the test quantizes itself. */
class AdviserTest {
  private static final int IN = 64;

  private final ToyStack stack = stack();
  private final List<INDArray> batches =
      List.of(ToyStack.normal(20, 40, IN), ToyStack.normal(21, 30, IN));

  /** Every eighth output channel of the first layer is four times as large as the others. */
  private static ToyStack stack() {
    INDArray weight = ToyStack.normal(1, IN, 64).muli(0.05);
    for (int o = 0; o < 64; o += 8) {
      weight.getColumn(o).muli(4);
    }
    return new ToyStack(
        List.of(
            new ToyDense(weight, ToyStack.normal(2, 64).muli(0.01)),
            new ToyDense(ToyStack.normal(3, 64, 16), ToyStack.normal(4, 16)),
            new ToyDense(ToyStack.normal(5, 16, 8), ToyStack.normal(6, 8))));
  }

  private static QuantDescriptor.Builder b() {
    return QuantDescriptor.builder();
  }

  private Plan<ToyStack> plan(QuantDescriptor first) {
    return ToyStack.plan(stack).describe("layers.0.weight", first);
  }

  private double error(Plan<ToyStack> plan) {
    ToyStack quantized = plan.calibrate(batches, ToyStack::forward).freeze().model();
    double noise = 0;
    double signal = 0;
    for (INDArray x : batches) {
      INDArray expected = stack.forward(x);
      noise += Math.pow(expected.distance2(quantized.forward(x)), 2);
      signal += Math.pow(expected.norm2Number().doubleValue(), 2);
    }
    return Math.sqrt(noise / signal);
  }

  private double alone(QuantDescriptor first) {
    return error(plan(first).skip("layers.1").skip("layers.2"));
  }

  @Test
  void sensitivityIsTheErrorWithOneLayerQuantized() {
    Plan<ToyStack> plan = ToyStack.plan(stack);
    Map<String, Double> expected = new LinkedHashMap<>();
    for (int i = 0; i < 3; i++) {
      Plan<ToyStack> only = plan;
      for (int j = 0; j < 3; j++) {
        only = j == i ? only : only.skip("layers." + j);
      }
      expected.put("layers." + i, error(only));
    }
    Sensitivity sensitivity = plan.calibrate(batches, ToyStack::forward).sensitivity();

    double before = Double.POSITIVE_INFINITY;
    for (Sensitivity.Layer layer : sensitivity.layers()) {
      double error = layer.error().orElseThrow();
      assertEquals(expected.remove(layer.path()), error, 1e-5, layer.path());
      assertTrue(error <= before, "the largest first");
      before = error;
    }
    assertEquals(Map.of(), expected);
  }

  @Test
  void aLayerThatWasNotRunIsTold() {
    Sensitivity sensitivity =
        new Sensitivity(
            List.of(
                new Sensitivity.Layer("a", OptionalDouble.of(0.25)),
                new Sensitivity.Layer("b", OptionalDouble.empty())));
    List<String> lines = sensitivity.toString().lines().map(String::strip).toList();
    assertTrue(lines.get(0).startsWith("only this layer quantized"), lines.get(0));
    assertTrue(lines.stream().anyMatch(l -> l.startsWith("a") && l.contains("0.25")));
    assertTrue(lines.stream().anyMatch(l -> l.startsWith("b") && l.endsWith("was not run")));
  }

  @Test
  void theCheapestRemedyThatIsGoodEnoughIsAdvised() {
    double now = alone(b().bits(4).build());
    double channels = alone(b().bits(4).per("O").build());
    QuantDescriptor inBlocks = b().bits(4).blockSizes(BlockSize.along("I", 32)).build();
    double blocks = alone(inBlocks);
    double eight = alone(b().bits(8).per("O").build());
    assertTrue(eight < 0.5 * blocks && blocks < channels && channels < 0.6 * now);
    Calibration<ToyStack> calibration =
        plan(b().bits(4).build()).calibrate(batches, ToyStack::forward);

    check(
        calibration.advise(1, 1.01 * channels),
        "@Quantize(bits = 4, per = \"O\") on ToyDense, or on a subclass of it for this layer alone",
        63 * 4,
        now,
        channels);
    check(
        calibration.advise(1, 1.01 * blocks),
        "@Quantize(bits = 4, blockSizes = @Block(along = \"I\", size = 32)) on ToyDense, or on a"
            + " subclass of it for this layer alone",
        127 * 4,
        now,
        blocks);
    check(
        calibration.advise(1, 0.99 * blocks),
        "@Quantize(bits = 8, per = \"O\") on ToyDense, or on a subclass of it for this layer alone",
        63 * 4 + 64 * IN / 2,
        now,
        eight);
  }

  private void check(
      List<Advice> advice, String annotation, long bytes, double before, double after) {
    Advice first = advice.get(0);
    assertEquals("layers.0", first.layer());
    assertEquals(annotation, first.annotation());
    assertEquals(bytes, first.bytes());
    assertEquals(before, first.modelBefore(), 1e-5);
    assertEquals(after, first.modelAfter(), 1e-5);
    assertEquals(Set.of("layers.0.weight"), first.describe().keySet());
    assertTrue(first.after() > 0 && first.after() < first.before(), first.toString());
    assertTrue(
        first
            .reason()
            .matches(
                "input \\d.* dB, weight \\d.* dB, largest channel of x \\d.* times the"
                    + " median"),
        first.reason());
  }

  @Test
  void onlyTheWorstLayersAboveTheThresholdAreAdvised() {
    Calibration<ToyStack> calibration = ToyStack.plan(stack).calibrate(batches, ToyStack::forward);
    List<Sensitivity.Layer> layers = calibration.sensitivity().layers();
    double worst = layers.get(0).error().orElseThrow();
    double second = layers.get(1).error().orElseThrow();
    assertEquals(List.of(), calibration.advise(5, worst * 1.0001));
    assertEquals(
        List.of(layers.get(0).path()),
        calibration.advise(5, (worst + second) / 2).stream().map(Advice::layer).toList());
    assertEquals(
        List.of(layers.get(0).path(), layers.get(1).path()),
        calibration.advise(2, 0).stream().map(Advice::layer).toList());
    assertEquals(List.of(), calibration.advise(0, 0));
    assertEquals(
        "count = -1: it must be 0 or more",
        assertThrows(IllegalArgumentException.class, () -> calibration.advise(-1, 0)).getMessage());
    for (double threshold : new double[] {-0.1, Double.NaN}) {
      assertEquals(
          "threshold = " + threshold + ": it must be 0 or more",
          assertThrows(IllegalArgumentException.class, () -> calibration.advise(1, threshold))
              .getMessage());
    }
  }

  /** One value far out takes the steps of all others. */
  @Test
  void whereNothingElseHelpsTheLayerIsToStayFloat() {
    ToyNet net =
        new ToyNet(
            new ToyLinear(ToyStack.normal(1, 16, 8)), new ToyLinear(ToyStack.normal(2, 8, 4)));
    INDArray x = ToyStack.normal(3, 40, 16);
    x.putScalar(3, 7, 20_000f);
    QuantDescriptor fixed = b().bits(8).amax(20_000).build();
    Calibration<ToyNet> calibration =
        ToyNet.plan(net)
            .describe("first.x", fixed)
            .skip("second")
            .calibrate(List.of(x), ToyNet::forward);

    Advice advice = calibration.advise(1, 1e-3).get(0);

    assertEquals("@SkipQuantize at first", advice.annotation());
    assertEquals(Map.of(), advice.describe());
    assertEquals(0, advice.modelAfter());
    assertEquals(0, advice.after());
    assertEquals(16 * 8 * 3 - 8 * 4, advice.bytes(), "float weights in place of bytes and scales");
  }

  private List<Remedy> remedies(String path, QuantDescriptor old) {
    ModelShape shape = ModelShape.of(stack, ToyStack.component(), Kernels.active());
    TensorSite site = shape.site(path);
    return Remedy.of(site, shape, State.FLOAT.withDescriptors(Map.of(path, old)));
  }

  private static List<QuantDescriptor> descriptors(List<Remedy> remedies) {
    return remedies.stream().map(r -> r.describe().values().iterator().next()).toList();
  }

  @Test
  void aWeightIsTriedPerChannelInBlocksAndWithMoreBits() {
    String path = "layers.2.weight";
    QuantDescriptor perO = b().bits(4).per("O").build();
    QuantDescriptor blocks = b().bits(4).blockSizes(BlockSize.along("I", 32)).build();
    QuantDescriptor eight = b().bits(8).per("O").build();
    List<Remedy> ofTensor = remedies(path, b().bits(4).build());
    assertEquals(List.of(perO, blocks, eight), descriptors(ofTensor));
    assertEquals(
        List.of(7 * 4L, 7 * 4L, 7 * 4L + 64), ofTensor.stream().map(Remedy::bytes).toList());
    assertEquals(List.of(blocks, eight), descriptors(remedies(path, perO)));
    QuantDescriptor eightBlocks = b().bits(8).blockSizes(BlockSize.along("I", 32)).build();
    assertEquals(List.of(eight, eightBlocks), descriptors(remedies(path, b().build())));
    assertEquals(List.of(eightBlocks), descriptors(remedies(path, blocks)));
    assertEquals(
        List.of(b().bits(4, 3).per("O").build()),
        descriptors(remedies(path, b().bits(4, 3).build())));
    assertEquals(
        List.of(b().format(Format.NF4).per("O").build()),
        descriptors(remedies(path, b().format(Format.NF4).build())));
    assertEquals(List.of(), remedies(path, b().bits(4).amax(1).build()));
  }

  @Test
  void anInputIsTriedPerTokenAndWithMoreBits() {
    String path = "layers.1.x";
    QuantDescriptor perToken = b().bits(8).per("N").dynamic(true).build();
    List<Remedy> ofTensor = remedies(path, b().calib(Calib.MOVING_AVERAGE).build());
    assertEquals(List.of(perToken), descriptors(ofTensor));
    assertEquals(0, ofTensor.get(0).bytes());
    assertEquals(
        List.of(b().bits(4).per("N").dynamic(true).build(), b().bits(8).build(), perToken),
        descriptors(remedies(path, b().bits(4).build())));
    assertEquals(List.of(), remedies(path, b().dynamic(true).build()));
    assertEquals(List.of(), remedies("layers.1.output", b().build()));
  }

  @Test
  void remediesAddUp() {
    Remedy one = new Remedy(Map.of("layers.0.weight", b().bits(8).build()), 5);
    Remedy both = one.and(new Remedy(Map.of("layers.0.x", b().bits(8).per("N").build()), 7));
    assertEquals(12, both.bytes());
    assertEquals(2, both.describe().size());
    assertTrue(Remedy.FLOAT.isFloat());
    assertFalse(one.isFloat());
    State state =
        State.FLOAT.withDescriptors(
            Map.of("layers.0.weight", b().bits(8).per("O").build(), "layers.0.x", b().build()));
    assertTrue(both.keepsFormats(state));
    assertFalse(new Remedy(Map.of("layers.0.x", b().bits(4).build()), 0).keepsFormats(state));
    assertEquals(both.describe(), both.in(state).descriptors());
  }

  @Test
  void anAnnotationSaysWhatDiffersFromTheDefaults() {
    assertEquals("@Quantize(bits = 8)", AnnotationText.of(Role.WEIGHT, b().build()));
    assertEquals(
        "@Quantize(role = Role.INPUT, bits = 8, per = \"N\", dynamic = true)",
        AnnotationText.of(Role.INPUT, b().per("N").dynamic(true).build()));
    assertEquals(
        "@Quantize(format = Format.NF4, axis = {0, 1})",
        AnnotationText.of(Role.WEIGHT, b().format(Format.NF4).axis(0, 1).build()));
    assertEquals(
        "@Quantize(bits = {4, 3}, rounding = Rounding.TOWARD_ZERO)",
        AnnotationText.of(Role.WEIGHT, b().bits(4, 3).rounding(Rounding.TOWARD_ZERO).build()));
  }

  @Test
  void advicePrintsWhatItsWeightsTake() {
    for (long bytes : new long[] {-1_234, 0, 1_234}) {
      Advice advice = new Advice("fc", "@A", "why", Map.of(), 0.2, 0.1, 0.2, 0.2, bytes);
      String end =
          bytes == 0 ? "as much as before" : "1,234 bytes " + (bytes > 0 ? "more" : "less");
      assertTrue(advice.toString().endsWith("its weights take " + end), advice.toString());
    }
  }
}
