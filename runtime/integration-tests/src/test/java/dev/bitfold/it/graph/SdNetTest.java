package dev.bitfold.it.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.kernel.reference.ReferenceKernels;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.samediff.LearnedScaleListener;
import dev.bitfold.samediff.QuantSameDiff;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.NameScope;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/** A model of layers of variables: annotated, quantized in its graph, calibrated and trained. */
@Tag("slow")
@Tag("any-jdk")
class SdNetTest {
  private static final int IN = 12;
  private static final int HIDDEN = 10;
  private static final int OUT = 4;
  private static final QuantDescriptor WEIGHT = annotated("weight");
  private static final QuantDescriptor INPUT = annotated("x");

  private final SameDiff sd = SameDiff.create();
  private final SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, IN);
  private final SdNet net = net(sd);
  private final List<INDArray> data =
      IntStream.range(0, 4).mapToObj(i -> Arrays.normal(100 + i, 32, IN)).toList();
  private final List<Map<String, INDArray>> batches =
      data.stream().map(batch -> Map.of("x", batch)).toList();
  private final INDArray probe = Arrays.normal(500, 16, IN);

  @TempDir Path folder;

  private static QuantDescriptor annotated(String tensor) {
    return Objects.requireNonNull(QuantizedSdLinear.type().tensors().get(tensor))
        .descriptor()
        .orElseThrow();
  }

  private static SdNet net(SameDiff sd) {
    return new SdNet(
        new SdLinear(
            sd.var("wa", Arrays.normal(1, IN, HIDDEN)), sd.var("ba", Arrays.normal(2, HIDDEN))),
        new SdLinear(
            sd.var("wb", Arrays.normal(3, HIDDEN, OUT)), sd.var("bb", Arrays.normal(4, OUT))));
  }

  private static void assertSameBits(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.dup('c').data().asFloat(), actual.dup('c').data().asFloat(), 0f);
  }

  private INDArray run(SDVariable y) {
    return sd.output(Map.of("x", probe), y.name()).get(y.name());
  }

  /** Layer by layer with the scalar reference kernels, from what the graph holds now. */
  private INDArray reference() {
    INDArray h = reference("a", probe, "wa", "ba");
    return reference("b", Nd4j.math().tanh(h), "wb", "bb");
  }

  private INDArray reference(String layer, INDArray input, String weight, String bias) {
    INDArray quantized =
        Quantizer.of(INPUT, new Layout("…C"))
            .withKernels(new ReferenceKernels())
            .withAmax(QuantSameDiff.amax(sd, layer + ".x"))
            .quantize(input);
    INDArray w =
        Quantizer.of(WEIGHT, new Layout("IO"))
            .withKernels(new ReferenceKernels())
            .withAmax(QuantSameDiff.amax(sd, weight))
            .quantize(sd.getVariable(weight).getArr());
    return Nd4j.matmul(quantized, w).add(sd.getVariable(bias).getArr());
  }

  @Test
  void calibratedItComputesWhatTheSameModelOfArraysDoes() {
    SDVariable y = QuantSameDiff.quantize(SdNetQuantizer.of(net)).forward(x);
    QuantSameDiff.calibrate(sd, batches, y.name());
    INDArray actual = run(y);
    assertSameBits(reference(), actual);

    Net arrays =
        new Net(
            new Linear(net.a().weight().getArr(), net.a().bias().getArr()),
            new Linear(net.b().weight().getArr(), net.b().bias().getArr()));
    Net quantized = NetQuantizer.of(arrays).calibrate(data, Net::forward).freeze().model();
    assertSameBits(quantized.forward(probe), actual);
    assertNotEquals(arrays.forward(probe), actual);
    // The model that was annotated builds what it built before.
    assertSameBits(arrays.forward(probe), run(net.forward(x)));
  }

  @Test
  void fitTrainsWeightsAndStepsAndWhatIsTrainedIsSaved() throws Exception {
    SdNet quantized = QuantSameDiff.quantize(SdNetQuantizer.of(net));
    SDVariable labels = sd.placeHolder("labels", DataType.FLOAT, -1, OUT);
    SDVariable y = quantized.forward(x);
    sd.loss().meanSquaredError("loss", labels, y, null).markAsLoss();
    QuantSameDiff.calibrate(sd, batches, y.name());
    List<String> scales = List.of("a.x", "wa", "b.x", "wb");
    List<INDArray> before = scales.stream().map(name -> QuantSameDiff.amax(sd, name)).toList();
    sd.setTrainingConfig(
        new TrainingConfig.Builder()
            .updater(new Adam(5e-3))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("labels")
            .build());
    sd.setListeners(new LearnedScaleListener(sd));
    INDArray target = Arrays.normal(9, 128, OUT);
    DataSet all = new DataSet(Nd4j.vstack(data), target);
    double first = loss(all);
    for (int epoch = 0; epoch < 60; epoch++) {
      sd.fit(all);
    }
    assertTrue(loss(all) < 0.7 * first, first + " -> " + loss(all));
    for (int i = 0; i < scales.size(); i++) {
      assertNotEquals(before.get(i), QuantSameDiff.amax(sd, scales.get(i)), scales.get(i));
    }
    INDArray trained = run(y);
    assertSameBits(reference(), trained);

    File file = folder.resolve("net.fb").toFile();
    sd.save(file, true);
    SameDiff loaded = SameDiff.load(file, true);
    assertSameBits(trained, loaded.output(Map.of("x", probe), y.name()).get(y.name()));
    QuantSameDiff.calibrate(loaded, batches, y.name());
    assertNotEquals(QuantSameDiff.amax(sd, "a.x"), QuantSameDiff.amax(loaded, "a.x"));
  }

  private double loss(DataSet all) {
    Map<String, INDArray> values = Map.of("x", all.getFeatures(), "labels", all.getLabels());
    return sd.output(values, "loss").get("loss").getDouble(0);
  }

  @Test
  void thePlanIsWhatIsQuantized() {
    QuantDescriptor dynamic = QuantDescriptor.builder().bits(8).per("N").dynamic(true).build();
    Plan<SdNet> plan =
        SdNetQuantizer.of(net)
            .describe("a.weight", QuantDescriptor.bits(2))
            .describe("b.output", QuantDescriptor.bits(8))
            .skip("a.x")
            .skip("b.x");
    SDVariable y = QuantSameDiff.quantize(plan).forward(x);
    QuantSameDiff.calibrate(sd, batches, y.name());
    assertFalse(sd.hasVariable("a.x"));
    assertEquals("b.output_quantized", y.name());
    INDArray wa = sd.output(Map.of(), "wa_quantized").get("wa_quantized");
    assertSameBits(Quantizer.of(QuantDescriptor.bits(2)).quantize(net.a().weight().getArr()), wa);
    assertThrows(
        RuntimeException.class, () -> SdNetQuantizer.of(net).describe("a.weight", dynamic));
    assertEquals(
        List.of("a.weight", "a.x", "b.weight", "b.x"),
        SdNetQuantizer.of(net).summary().rows().stream().map(row -> row.path()).toList());
  }

  @Test
  void scalesPerTokenNeedNoDataAndNoKnownRank() {
    SDVariable y =
        QuantSameDiff.quantize(SdNetQuantizer.of(net).using(Recipe.INT8_DYNAMIC)).forward(x);
    Net arrays =
        new Net(
            new Linear(net.a().weight().getArr(), net.a().bias().getArr()),
            new Linear(net.b().weight().getArr(), net.b().bias().getArr()));
    Net quantized = NetQuantizer.of(arrays).using(Recipe.INT8_DYNAMIC).freeze().model();
    assertSameBits(quantized.forward(probe), run(y));
  }

  @Test
  void oneScaleServesEveryCallOfALayer() {
    SdLinear cell =
        new SdLinear(sd.var("w", Arrays.normal(1, IN, IN)), sd.var("b", Nd4j.zeros(IN)));
    SdNet twice = QuantSameDiff.quantize(SdNetQuantizer.of(new SdNet(cell, cell)));
    SDVariable y = twice.forward(x);
    QuantSameDiff.calibrate(sd, batches, y.name());
    assertTrue(sd.hasVariable("a.x/1_quantized"));
    assertFalse(sd.hasVariable("a.x/1_quantized/amax"));
    // What the second call sees is smaller than 1: the scale is of both, which the first decides.
    float amax = QuantSameDiff.amax(sd, "a.x").getFloat(0);
    assertTrue(amax > 1.5, "amax " + amax);
    Linear eager = new Linear(cell.weight().getArr(), cell.bias().getArr());
    Net quantized =
        NetQuantizer.of(new Net(eager, eager)).calibrate(data, Net::forward).freeze().model();
    assertSameBits(quantized.forward(probe), run(y));
  }

  @Test
  void modelsThatAreQuantizedAlikeShareTheGraph() {
    SDVariable one = QuantSameDiff.quantize(SdNetQuantizer.of(net)).forward(x);
    SDVariable two = QuantSameDiff.quantize(SdNetQuantizer.of(net)).forward(x);
    QuantSameDiff.calibrate(sd, batches, one.name(), two.name());
    assertSameBits(run(one), run(two));
    int size = sd.variables().size();
    Plan<SdNet> other = SdNetQuantizer.of(net).describe("b.weight", QuantDescriptor.bits(8));
    assertMessage("b.weight", () -> QuantSameDiff.quantize(other));
    assertEquals(size, sd.variables().size());
    Plan<SdNet> otherInput = SdNetQuantizer.of(net).describe("b.x", QuantDescriptor.bits(2));
    assertMessage("b.x", () -> QuantSameDiff.quantize(otherInput).forward(x));
  }

  @Test
  void whatAGraphCannotDoIsRefusedBeforeItIsTouched() {
    int size = sd.variables().size();
    QuantDescriptor blocks =
        QuantDescriptor.builder().bits(4).blockSizes(BlockSize.along("I", 4)).build();
    assertMessage(
        "b.weight",
        () -> QuantSameDiff.quantize(SdNetQuantizer.of(net).describe("b.weight", blocks)));
    assertMessage(
        "[a, b]",
        () -> QuantSameDiff.quantize(SdNetQuantizer.of(net).using(Recipe.INT8_SMOOTH_QUANT)));
    SdNet zero = new SdNet(net.a(), new SdLinear(sd.var("z", Nd4j.zeros(10, 4)), net.b().bias()));
    assertMessage("b.weight", () -> QuantSameDiff.quantize(SdNetQuantizer.of(zero)));
    assertEquals(size + 1, sd.variables().size());
    assertMessage(
        "a (SdLinear)",
        () -> SdNetQuantizer.of(net).calibrate(List.of(probe), (m, batch) -> batch));
    assertMessage("a (SdLinear)", () -> SdNetQuantizer.of(net).freeze());
    Net arrays =
        new Net(
            new Linear(Arrays.normal(1, 4, 4), Arrays.normal(2, 4)),
            new Linear(Arrays.normal(3, 4, 4), Arrays.normal(4, 4)));
    assertMessage("a (Linear)", () -> QuantSameDiff.quantize(NetQuantizer.of(arrays)));
  }

  @Test
  void modelsAreMessagedByPath() {
    SdNet quantized = QuantSameDiff.quantize(SdNetQuantizer.of(net));
    assertMessage("it is quantized already", () -> SdNetQuantizer.of(quantized));
    SdNet placeholder = new SdNet(new SdLinear(x, net.a().bias()), net.b());
    assertMessage("a.weight", () -> SdNetQuantizer.of(placeholder));
    try (NameScope scope = sd.withNameScope("encoder")) {
      assertMessage("name scope " + scope.getName(), () -> quantized.forward(x));
    }
    sd.constant("a.x", Nd4j.scalar(1f));
    assertMessage("another variable of this name", () -> quantized.forward(x));
    SDVariable doubles = sd.placeHolder("d", DataType.DOUBLE, -1, HIDDEN);
    int size = sd.variables().size();
    assertMessage("b.x", () -> quantized.b().forward(doubles));
    assertEquals(size, sd.variables().size());
  }

  private static void assertMessage(String part, Executable action) {
    String message = String.valueOf(assertThrows(RuntimeException.class, action).getMessage());
    assertTrue(message.contains(part), message);
  }

  @Test
  void theDescriptorsAreThoseOfTheAnnotations() {
    assertEquals(Ste.LSQ, WEIGHT.ste());
    assertEquals(Ste.LSQ, INPUT.ste());
  }
}
