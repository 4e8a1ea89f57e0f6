package dev.bitfold.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.onnx.export.OnnxMapping;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** ONNX Runtime computes what the quantized model computes. */
@Tag("slow")
@Tag("any-jdk")
class OnnxQdqTest {
  /** Sums are in another order, and a value beside a half may round to the other side. */
  private static final double ROUNDING = 2e-3;

  private static final Net NET =
      new Net(
          new Linear(Models.random(1, 64, 32), Models.random(2, 32)),
          new Linear(Models.random(3, 32, 16), Models.random(4, 16)));
  private static final List<INDArray> BATCHES =
      List.of(Models.outliers(5, 50, 64), Models.outliers(6, 50, 64));

  @TempDir Path folder;

  private static OnnxWeights original(long opset) {
    return OnnxWeights.of("net.onnx", Models.model(opset, Models.net(NET)).toByteArray());
  }

  private static Quantized<Net> smoothed() {
    return NetQuantizer.of(NET)
        .calibrate(BATCHES, Net::forward)
        .smoothQuant(SmoothQuantOptions.alpha(0.5))
        .freeze();
  }

  private OnnxQdq.Exported export(OnnxWeights original, Quantized<?> quantized, OnnxOptions options)
      throws Exception {
    OnnxMapping mapping = OnnxMapping.byName(original, quantized);
    return OnnxQdq.export(original, quantized, mapping, folder.resolve("out.onnx"), options);
  }

  private ModelProto written() throws Exception {
    return ModelProto.parseFrom(Files.readAllBytes(folder.resolve("out.onnx")));
  }

  private void assertAgrees(Quantized<Net> quantized, double tolerance) throws Exception {
    INDArray x = BATCHES.get(0);
    INDArray expected = quantized.model().forward(x);
    INDArray actual = Models.run(folder.resolve("out.onnx"), x);
    assertTrue(Models.distance(NET.forward(x), expected) > 5 * tolerance, "nothing is quantized");
    assertTrue(
        Models.distance(actual, expected) < tolerance,
        () -> "relative distance " + Models.distance(actual, expected));
  }

  @Test
  void smoothsByMultiplication() throws Exception {
    Quantized<Net> quantized = smoothed();
    OnnxQdq.Exported exported = export(original(13), quantized, OnnxOptions.DEFAULT);
    assertEquals(13, exported.opset());
    assertEquals(Files.size(folder.resolve("out.onnx")), exported.bytes());
    // Exact products: int8 weights and inputs in uint8, whatever the CPU does with u8 × s8.
    export(original(13), quantized, OnnxOptions.DEFAULT.withUnsignedWeights(true));
    assertAgrees(quantized, ROUNDING);
    long multiplied =
        written().getGraph().getNodeList().stream()
            .filter(n -> n.getOpType().equals("Mul"))
            .count();
    assertEquals(2, multiplied);
  }

  @Test
  void writesACompressedModelAsTheWholeOne() throws Exception {
    Quantized<Net> quantized = smoothed();
    export(original(13), quantized, OnnxOptions.DEFAULT);
    Path whole = Files.move(folder.resolve("out.onnx"), folder.resolve("whole.onnx"));
    export(original(13), quantized.compress(), OnnxOptions.DEFAULT);
    assertEquals(-1, Files.mismatch(whole, folder.resolve("out.onnx")), "the first other byte");
  }

  @Test
  void foldsSmoothingIntoTheNodeBefore() throws Exception {
    Quantized<Net> quantized = smoothed();
    export(
        original(13),
        quantized,
        OnnxOptions.DEFAULT.withUnsignedWeights(true).withFolded("second", "/first/MatMul"));
    assertAgrees(quantized, ROUNDING);
    assertEquals(
        1,
        written().getGraph().getNodeList().stream()
            .filter(n -> n.getOpType().equals("Mul"))
            .count());
  }

  @Test
  void refusesToFoldWhereAResidualReads() throws Exception {
    GraphProto.Builder graph = Models.net(NET);
    graph
        .addNode(Models.node("Sigmoid", "/residual", "r", "b"))
        .addOutput(Models.value("r", -1, 32));
    OnnxWeights file = OnnxWeights.of("net.onnx", Models.model(13, graph).toByteArray());
    OnnxException e =
        assertThrows(
            OnnxException.class,
            () ->
                export(
                    file, smoothed(), OnnxOptions.DEFAULT.withFolded("second", "/first/MatMul")));
    assertTrue(e.getMessage().contains("/residual (Sigmoid) reads what /first/MatMul makes"));
  }

  @Test
  void keepsSignedActivationsWhereAsked() throws Exception {
    Quantized<Net> quantized = smoothed();
    export(original(13), quantized, OnnxOptions.DEFAULT.withSignedActivations(true));
    assertAgrees(quantized, ROUNDING);
  }

  @Test
  void writesContribOperators() throws Exception {
    Quantized<Net> quantized = smoothed();
    export(
        original(13),
        quantized,
        OnnxOptions.DEFAULT.withContribOperators(true).withUnsignedWeights(true));
    assertAgrees(quantized, ROUNDING);
    List<String> operations =
        written().getGraph().getNodeList().stream().map(NodeProto::getOpType).toList();
    assertEquals(
        List.of(
            "Mul",
            "QuantizeLinear",
            "MatMulIntegerToFloat",
            "Mul",
            "QuantizeLinear",
            "MatMulIntegerToFloat"),
        operations);
  }

  @Test
  void takesOneBitOffForReducedRange() throws Exception {
    Quantized<Net> quantized = smoothed();
    export(original(13), quantized, OnnxOptions.DEFAULT.withReducedRange(true));
    // u8 × s7 cannot saturate: it is the float model that it comes close to.
    INDArray x = BATCHES.get(0);
    INDArray actual = Models.run(folder.resolve("out.onnx"), x);
    assertTrue(Models.distance(actual, NET.forward(x)) < 0.03);
    OnnxWeights out = OnnxWeights.open(folder.resolve("out.onnx"));
    String weights =
        out.initializers().stream()
            .filter(n -> n.equals("/first/MatMul/weight_quantized"))
            .findFirst()
            .orElseThrow();
    INDArray codes = out.tensor(weights).castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT);
    assertTrue(codes.maxNumber().intValue() == 63 || codes.minNumber().intValue() <= -63);
    assertTrue(codes.maxNumber().intValue() <= 63 && codes.minNumber().intValue() >= -64);
  }

  @Test
  void raisesTheOpset() throws Exception {
    GraphProto.Builder graph = Models.net(NET);
    // To [n, 1, 16] and back, and a softmax over an axis that is the last.
    graph
        .clearOutput()
        .addOutput(Models.value("out", -1, 16))
        .addNode(Models.node("Unsqueeze", "/un", "u", "y").addAttribute(Models.integers("axes", 1)))
        .addNode(Models.node("Squeeze", "/sq", "s", "u").addAttribute(Models.integers("axes", 1)))
        .addNode(Models.node("Softmax", "/soft", "out", "s"));
    OnnxWeights file = OnnxWeights.of("net.onnx", Models.model(11, graph).toByteArray());
    Quantized<Net> quantized = smoothed();
    assertEquals(
        13, export(file, quantized, OnnxOptions.DEFAULT.withUnsignedWeights(true)).opset());
    INDArray y = Models.run(folder.resolve("out.onnx"), BATCHES.get(0));
    INDArray expected =
        org.nd4j.linalg.ops.transforms.Transforms.softmax(
            quantized.model().forward(BATCHES.get(0)), true);
    assertTrue(Models.distance(y, expected) < 0.02, "" + Models.distance(y, expected));
    assertEquals(1.0, y.getRow(0).sumNumber().doubleValue(), 1e-5);
  }

  @Test
  void writesInt4Blocks() throws Exception {
    QuantDescriptor blocks =
        QuantDescriptor.builder().bits(4).blockSizes(BlockSize.along("I", 32)).build();
    Quantized<Net> quantized =
        NetQuantizer.of(NET).using(Recipe.of("W4").with(Role.WEIGHT, blocks)).freeze();
    OnnxQdq.Exported exported = export(original(13), quantized, OnnxOptions.DEFAULT);
    assertEquals(21, exported.opset());
    assertAgrees(quantized, 1e-5);
  }

  @Test
  void writesFp8() throws Exception {
    Quantized<Net> quantized =
        NetQuantizer.of(NET).using(Recipe.FP8).calibrate(BATCHES, Net::forward).freeze();
    OnnxQdq.Exported exported = export(original(13), quantized, OnnxOptions.DEFAULT);
    assertEquals(19, exported.opset());
    // ONNX Runtime 1.29 fuses FP8 around a MatMul of matrices into a QGemm, which has no FP8.
    INDArray expected = quantized.model().forward(BATCHES.get(0));
    INDArray actual =
        Models.run(folder.resolve("out.onnx"), BATCHES.get(0), "session.disable_quant_qdq", "1");
    assertTrue(Models.distance(actual, expected) < ROUNDING);
    assertTrue(Models.distance(NET.forward(BATCHES.get(0)), expected) > 5 * ROUNDING);
  }

  @Test
  void writesAGemmWithItsOutputQuantized() throws Exception {
    DenseNet net = new DenseNet(new Dense(Models.random(7, 24, 64), Models.random(8, 24)));
    Quantized<DenseNet> quantized =
        DenseNetQuantizer.of(net).calibrate(BATCHES, DenseNet::forward).freeze();
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Models.value("x", -1, 64))
            .addOutput(Models.value("y", -1, 24))
            .addInitializer(Models.tensor("w", net.dense().weight()))
            .addInitializer(Models.tensor("b", net.dense().bias()))
            .addNode(
                Models.node("Gemm", "/dense/Gemm", "y", "x", "w", "b")
                    .addAttribute(Models.integer("transB", 1)));
    OnnxWeights file = OnnxWeights.of("dense.onnx", Models.model(13, graph).toByteArray());
    export(file, quantized, OnnxOptions.DEFAULT.withUnsignedWeights(true));
    INDArray x = BATCHES.get(1);
    INDArray expected = quantized.model().forward(x);
    INDArray actual = Models.run(folder.resolve("out.onnx"), x);
    float amax = 0;
    for (INDArray batch : BATCHES) {
      amax = Math.max(amax, net.forward(batch).amaxNumber().floatValue());
    }
    float step = 1.001f * amax / 127;
    float largest = actual.sub(expected).amaxNumber().floatValue();
    assertTrue(largest < step, largest + " is more than one step, " + step);
    assertTrue(Models.distance(actual, expected) < 0.01);
  }

  @Test
  void writesAConvolution() throws Exception {
    ConvNet net = new ConvNet(new Conv(Models.random(9, 8, 4, 3, 3)));
    INDArray x = Models.random(10, 2, 4, 9, 7);
    Quantized<ConvNet> quantized =
        ConvNetQuantizer.of(net).calibrate(List.of(x), ConvNet::forward).smoothQuant().freeze();
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Models.value("x", -1, 4, -1, -1))
            .addOutput(Models.value("y", -1, 8, -1, -1))
            .addInitializer(Models.tensor("w", net.conv().weight()))
            .addNode(Models.node("Conv", "/conv/Conv", "y", "x", "w"));
    OnnxWeights file = OnnxWeights.of("conv.onnx", Models.model(11, graph).toByteArray());
    export(file, quantized, OnnxOptions.DEFAULT.withUnsignedWeights(true));
    INDArray expected = quantized.model().forward(x);
    INDArray actual = Models.run(folder.resolve("out.onnx"), x);
    assertTrue(Models.distance(actual, expected) < ROUNDING);
    assertTrue(Models.distance(net.forward(x), expected) > 2 * ROUNDING);
  }

  @Test
  void splitsALayerOverSeveralNodes() throws Exception {
    INDArray w = NET.first().weight();
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Models.value("x", -1, 64))
            .addOutput(Models.value("y", -1, 32));
    for (int part = 0; part < 2; part++) {
      var columns = org.nd4j.linalg.indexing.NDArrayIndex.interval(part * 16, part * 16 + 16);
      var all = org.nd4j.linalg.indexing.NDArrayIndex.all();
      graph
          .addInitializer(Models.tensor("w" + part, w.get(all, columns)))
          .addInitializer(Models.tensor("b" + part, NET.first().bias().get(columns)))
          .addNode(Models.node("MatMul", "/part" + part, "m" + part, "x", "w" + part))
          .addNode(Models.node("Add", "/add" + part, "a" + part, "m" + part, "b" + part));
    }
    graph.addNode(
        Models.node("Concat", "/join", "y", "a0", "a1").addAttribute(Models.integer("axis", 1)));
    SingleNet net = new SingleNet(NET.first());
    Quantized<SingleNet> quantized =
        SingleNetQuantizer.of(net)
            .calibrate(BATCHES, SingleNet::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze();
    OnnxWeights file = OnnxWeights.of("parts.onnx", Models.model(13, graph).toByteArray());
    OnnxQdq.export(
        file,
        quantized,
        OnnxMapping.empty().layer("only", "/part0", "/part1"),
        folder.resolve("out.onnx"),
        OnnxOptions.DEFAULT.withUnsignedWeights(true));
    INDArray expected = quantized.model().forward(BATCHES.get(0));
    INDArray actual = Models.run(folder.resolve("out.onnx"), BATCHES.get(0));
    assertTrue(Models.distance(actual, expected) < ROUNDING);
    assertEquals(
        1,
        written().getGraph().getNodeList().stream()
            .filter(n -> n.getOpType().equals("QuantizeLinear"))
            .count());
  }

  @Test
  void namesWhatIsWrongAndLeavesTheFile() throws Exception {
    Path out = folder.resolve("out.onnx");
    Files.write(out, new byte[] {1, 2, 3});
    Quantized<Net> quantized = smoothed();
    OnnxMapping mapping = OnnxMapping.byName(original(13), quantized);
    assertRefused(
        quantized,
        mapping.layer("second", "/third/MatMul"),
        original(13),
        "has no node /third/MatMul");
    assertRefused(
        quantized,
        OnnxMapping.empty().layer("first", "/first/MatMul"),
        original(13),
        "no mapped node for these tensors of the quantized model: second.weight, second.x");
    assertRefused(quantized, mapping.layer("third", "/first/MatMul"), original(13), "layer third");
    assertRefused(
        quantized,
        mapping.layer("second", "/first/MatMul"),
        original(13),
        "node /first/MatMul is mapped twice");
    assertRefused(
        quantized,
        mapping.layer("first", "/second/MatMul").layer("second", "/first/MatMul"),
        original(13),
        "first.weight is IO [64, 32], and the weight of /second/MatMul is [32, 16]");
    Net other = new Net(new Linear(NET.first().weight(), Models.random(99, 32)), NET.second());
    OnnxWeights otherFile =
        OnnxWeights.of("other.onnx", Models.model(13, Models.net(other)).toByteArray());
    assertRefused(quantized, mapping, otherFile, "is another model: first.bias");
    assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(out));
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void refusesWhatOnnxHasNoOperatorsFor() throws Exception {
    Quantized<Net> perToken = NetQuantizer.of(NET).using(Recipe.INT8_DYNAMIC).freeze();
    assertTrue(refusal(perToken).contains("first.x"));
    Quantized<Net> nvfp4 =
        NetQuantizer.of(NET)
            .using(
                Recipe.of("W")
                    .with(Role.WEIGHT, QuantDescriptor.builder().bits(2, 1).per("O").build()))
            .freeze();
    assertTrue(refusal(nvfp4).contains("first.weight"));
  }

  private String refusal(Quantized<Net> quantized) {
    return assertThrows(
            OnnxException.class, () -> export(original(13), quantized, OnnxOptions.DEFAULT))
        .getMessage();
  }

  private void assertRefused(
      Quantized<Net> quantized, OnnxMapping mapping, OnnxWeights file, String expected) {
    OnnxException e =
        assertThrows(
            OnnxException.class,
            () ->
                OnnxQdq.export(
                    file, quantized, mapping, folder.resolve("out.onnx"), OnnxOptions.DEFAULT));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertTrue(e.getMessage().startsWith(file.name() + ": "), e.getMessage());
  }

  @Test
  void aLayerIsMappedToNodes() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> OnnxMapping.empty().layer("head"));
    assertEquals("layer head is mapped to no node", e.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> OnnxMapping.empty().layer("head", new String[] {null}));
  }
}
