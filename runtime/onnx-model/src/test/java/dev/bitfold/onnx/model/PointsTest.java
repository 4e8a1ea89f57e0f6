package dev.bitfold.onnx.model;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.floats;
import static dev.bitfold.onnx.model.GraphBuilder.integers;
import static dev.bitfold.onnx.model.GraphBuilder.longs;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tensors between operators are quantized, and convolutions then run on integers. */
class PointsTest {
  private static final int CHANNELS = 8;

  /** A convolution's bottleneck with a gate, a sum, a pool, and a HardSwish of four operators. */
  static GraphBuilder network() {
    return GraphBuilder.of(13)
        .seed(5)
        .input("image", FLOAT, "n", 3, 16, 16)
        .weight("w1", CHANNELS, 3, 3, 3)
        .weight("b1", CHANNELS)
        .node(conv("stem", "image", "w1", "b1", "s0", 1))
        .node(node("Relu", "stem/relu", List.of("s0"), "s"))
        .node(
            node("MaxPool", "pool", List.of("s"), "p")
                .addAttribute(integers("kernel_shape", 2, 2))
                .addAttribute(integers("strides", 2, 2)))
        .weight("w2", CHANNELS, CHANNELS, 3, 3)
        .weight("b2", CHANNELS)
        .node(conv("middle", "p", "w2", "b2", "m", 1))
        .node(node("GlobalAveragePool", "gate/mean", List.of("m"), "g0"))
        .weight("wg", CHANNELS, CHANNELS, 1, 1)
        .weight("bg", CHANNELS)
        .node(conv("gate/conv", "g0", "wg", "bg", "g1", 0))
        .node(node("HardSigmoid", "gate/sigmoid", List.of("g1"), "g"))
        .node(node("Mul", "gate/mul", List.of("m", "g"), "gated"))
        .node(node("Add", "residual", List.of("gated", "p"), "r"))
        .constant(floats("three", new float[] {3}))
        .constant(floats("zero", new float[] {0}))
        .constant(floats("six", new float[] {6}))
        .constant(floats("sixth", new float[] {-0.16666667f}, 1))
        .node(node("Add", "swish/add", List.of("r", "three"), "h0"))
        .node(node("Clip", "swish/clip", List.of("h0", "zero", "six"), "h1"))
        .node(node("Mul", "swish/mul", List.of("r", "h1"), "h2"))
        .node(node("Mul", "swish/sixth", List.of("h2", "sixth"), "h"))
        .weight("w3", CHANNELS, CHANNELS, 1, 1)
        .weight("b3", CHANNELS)
        .node(conv("last", "h", "w3", "b3", "l", 0))
        .constant(longs("flat", 0, -1))
        .node(node("Reshape", "flatten", List.of("l", "flat"), "f"))
        .weight("wf", CHANNELS * 64, 4)
        .node(node("MatMul", "head", List.of("f", "wf"), "y"))
        .output("y", FLOAT);
  }

  private static NodeProto.Builder conv(
      String name, String x, String weight, String bias, String y, long pad) {
    return node("Conv", name, List.of(x, weight, bias), y)
        .addAttribute(integers("pads", pad, pad, pad, pad));
  }

  static List<Map<String, INDArray>> batches(int count) {
    Random random = new Random(11);
    List<Map<String, INDArray>> batches = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] values = new float[2 * 3 * 16 * 16];
      for (int v = 0; v < values.length; v++) {
        values[v] = (float) random.nextGaussian();
      }
      batches.add(Map.of("image", Nd4j.createFromArray(values).reshape(2, 3, 16, 16)));
    }
    return batches;
  }

  static OnnxModel open() throws IOException {
    return OnnxModel.from(network().bytes()).points().open();
  }

  static Calibration<OnnxModel> calibrated(OnnxModel model) {
    return model.plan().calibrate(batches(3), OnnxModel::forward);
  }

  /** Smoothed, as the plan of a model with points is not by itself. */
  static Calibration<OnnxModel> smoothed(OnnxModel model) {
    QuantDescriptor weight = QuantDescriptor.builder().bits(8).per("O").build();
    QuantDescriptor input = QuantDescriptor.builder().bits(8).affine(true).unsigned(true).build();
    Recipe recipe =
        Recipe.of("Smooth").with(Role.WEIGHT, weight).with(Role.INPUT, input).withSmoothQuant(0.5);
    return model.plan().using(recipe).calibrate(batches(3), OnnxModel::forward).smoothQuant();
  }

  /** How often each operator is in a file as ONNX Runtime runs it. */
  private static Map<String, Integer> run(Path file) throws IOException {
    Path optimized = file.resolveSibling("optimized.onnx");
    Session.open(file, Settings.DEFAULT.writing(optimized)).close();
    Map<String, Integer> operators = new TreeMap<>();
    for (NodeProto node : read(optimized).model().getGraph().getNodeList()) {
      operators.merge(node.getOpType(), 1, Integer::sum);
    }
    return operators;
  }

  private static OnnxFile read(Path file) throws IOException {
    return OnnxWeights.open(file).file();
  }

  @Test
  void pointsStandBehindActivationsAndBesideOperatorsOnIntegers() throws IOException {
    try (OnnxModel model = open()) {
      List<String> values = model.points().stream().map(OnnxPoint::value).toList();
      // Not before a Relu or a HardSigmoid behind a convolution, not the image, not what is a graph
      // output or only moves values.
      assertEquals(List.of("s", "m", "g0", "g", "gated", "r", "h1", "h2", "h", "l"), values);
      assertEquals("stem/relu/point", model.points().get(0).path());
    }
    try (OnnxModel without = OnnxModel.from(network().bytes()).open()) {
      assertTrue(without.points().isEmpty());
    }
  }

  @Test
  void exportedFileRunsOnIntegersAndIsProved(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("int8.onnx");
    try (OnnxModel model = open()) {
      OnnxQdq.Exported exported = OnnxModel.export(calibrated(model).freeze(), out);
      assertInstanceOf(ProofResult.Proved.class, exported.proof());
    }
    Map<String, Integer> operators = run(out);
    assertEquals(4, operators.get("QLinearConv"), operators::toString);
    assertEquals(2, operators.get("QLinearAdd"), operators::toString);
    assertEquals(3, operators.get("QLinearMul"), operators::toString);
    assertFalse(operators.containsKey("Conv"), operators::toString);
    assertFalse(operators.containsKey("Relu"), operators::toString);
    assertFalse(operators.containsKey("Clip"), operators::toString);
  }

  @Test
  void skippedPointStaysFloat(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("some.onnx");
    try (OnnxModel model = open()) {
      Quantized<OnnxModel> some = calibrated(model).skip("residual/point").freeze();
      assertInstanceOf(ProofResult.Proved.class, OnnxModel.export(some, out).proof());
      Quantized<OnnxModel> none = calibrated(model).skip("**/point").freeze();
      Path floats = folder.resolve("none.onnx");
      OnnxModel.export(none, floats);
      assertFalse(run(floats).containsKey("QLinearAdd"));
    }
    assertFalse(produced(out).contains("r/float"));
    assertTrue(produced(out).contains("gated/float"));
  }

  private static Set<String> produced(Path file) throws IOException {
    Set<String> values = new java.util.HashSet<>();
    read(file).model().getGraph().getNodeList().forEach(n -> values.addAll(n.getOutputList()));
    return values;
  }

  @Test
  void stateIsSavedAndLoaded(@TempDir Path folder) throws IOException {
    Path state = folder.resolve("model.bitfold");
    try (OnnxModel model = open()) {
      Quantized<OnnxModel> quantized = calibrated(model).freeze();
      quantized.save(state);
      Map<String, INDArray> feed = batches(1).get(0);
      INDArray before = quantized.model().forward(feed);
      assertEquals(before, model.load(state).model().forward(feed));
    }
  }

  @Test
  void smoothingIsNotFoldedThroughPoints(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("smooth.onnx");
    try (OnnxModel model = open()) {
      Quantized<OnnxModel> smooth = smoothed(model).freeze();
      OnnxQdq.Exported exported = OnnxModel.export(smooth, out, OnnxOptions.DEFAULT);
      assertInstanceOf(ProofResult.Proved.class, exported.proof());
    }
  }

  /** ONNX Runtime's optimizer quantizes a float weight between two pairs, with one scale. */
  @Test
  void floatLayerBetweenPointsIsRefused(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("between.onnx");
    try (OnnxModel model = open()) {
      Quantized<OnnxModel> between = calibrated(model).skip("middle").freeze();
      OnnxException refused =
          assertThrows(OnnxException.class, () -> OnnxModel.export(between, out));
      assertTrue(String.valueOf(refused.getMessage()).contains("middle"), refused::getMessage);
      assertFalse(Files.exists(out));
      Quantized<OnnxModel> behind = calibrated(model).skip("middle").skip("middle/point").freeze();
      assertInstanceOf(ProofResult.Proved.class, OnnxModel.export(behind, out).proof());
    }
  }
}
