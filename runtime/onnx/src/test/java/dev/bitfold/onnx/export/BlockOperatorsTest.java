package dev.bitfold.onnx.export;

import static dev.bitfold.onnx.export.ProofFiles.assertNames;
import static dev.bitfold.onnx.export.ProofFiles.file;
import static dev.bitfold.onnx.export.ProofFiles.graph;
import static dev.bitfold.onnx.export.ProofFiles.inOut;
import static dev.bitfold.onnx.export.ProofFiles.linear;
import static dev.bitfold.onnx.export.ProofFiles.node;
import static dev.bitfold.onnx.export.ProofFiles.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layers.Embedding;
import dev.bitfold.layers.Linear;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.Net;
import dev.bitfold.onnx.NetQuantizer;
import dev.bitfold.onnx.Nets;
import dev.bitfold.onnx.Nets_OneQuantizer;
import dev.bitfold.onnx.Nets_TwinQuantizer;
import dev.bitfold.onnx.Nets_WordsQuantizer;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.Settings;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.shade.protobuf.ByteString;

/**
 * Checks that weights in blocks are written as ONNX Runtime's own operators where these can hold
 * them, that ONNX Runtime computes the quantized model with them, and that the proof finds what is
 * wrong.
 */
@Tag("slow")
@Tag("any-jdk")
class BlockOperatorsTest {
  private static final OnnxOptions EXACT = OnnxOptions.DEFAULT.withBlockOperators(0);
  private static final OnnxOptions ROUNDED = OnnxOptions.DEFAULT.withBlockOperators(4);
  private static final UnaryOperator<ModelProto> WHOLE = UnaryOperator.identity();

  @TempDir Path folder;
  private ProofFiles files;

  @BeforeEach
  void files() {
    files = new ProofFiles(folder);
  }

  private static QuantDescriptor blocks(int bits, boolean affine, String axis, int size) {
    return QuantDescriptor.builder()
        .bits(bits)
        .affine(affine)
        .blockSizes(BlockSize.along(axis, size))
        .build();
  }

  private static Quantized<Nets.One> quantized(Linear l, QuantDescriptor weight) {
    return Nets_OneQuantizer.of(new Nets.One(l))
        .using(Recipe.of("blocks").with(Role.WEIGHT, weight))
        .freeze();
  }

  private ModelProto written() throws Exception {
    return ModelProto.parseFrom(Files.readAllBytes(files.out()));
  }

  private List<String> operations() throws Exception {
    return written().getGraph().getNodeList().stream().map(NodeProto::getOpType).toList();
  }

  private NodeProto only(String operation) throws Exception {
    List<NodeProto> found =
        written().getGraph().getNodeList().stream()
            .filter(n -> n.getOpType().equals(operation))
            .toList();
    assertEquals(1, found.size(), operation + " in " + operations());
    return found.get(0);
  }

  private static long attribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(a -> a.getName().equals(name))
        .findFirst()
        .orElseThrow()
        .getI();
  }

  private static GraphProto.Builder matMul(Linear l) {
    long out = l.weight().size(0);
    return inOut(l.weight().size(1), out)
        .addInitializer(Models.tensor("W", l.weight().transpose()))
        .addInitializer(Models.tensor("B", l.bias()))
        .addNode(Models.node("MatMul", "/fc/MatMul", "p", "x", "W"))
        .addNode(Models.node("Add", "/fc/Add", "y", "p", "B"));
  }

  @ParameterizedTest
  @CsvSource({
    "4, true, 32, 64", "4, false, 16, 48", "4, true, 32, 33", "4, false, 128, 200",
    "3, true, 32, 40", "2, false, 16, 32", "8, false, 32, 64", "8, true, 64, 65",
    "4, true, 32, 10", "4, false, 32, 1", "5, false, 32, 64"
  })
  void productsOfBlocksAreMatMulNBits(int bits, boolean affine, int block, int in)
      throws Exception {
    Linear l = linear(bits + in, in, 12);
    Quantized<Nets.One> quantized = quantized(l, blocks(bits, affine, "I", block));
    INDArray x = Models.random(5, 7, in);
    INDArray expected = quantized.model().forward(x);
    for (GraphProto.Builder graph : List.of(one(l), matMul(l))) {
      ProofResult.Proved proof = files.proved(file(13, graph), quantized, EXACT);

      NodeProto product = only("MatMulNBits");
      assertEquals(bits <= 4 ? 4 : 8, attribute(product, "bits"));
      assertEquals(in, attribute(product, "K"));
      assertFalse(product.toString().contains("accuracy_level"), product.toString());
      assertEquals(List.of("MatMulNBits"), operations(), "the bias is an input of the operator");
      assertEquals(Map.of(), proof.settings());
      assertEquals(2, proof.compared(), "the output and the weight");
      assertEquals(13, written().getOpsetImport(0).getVersion(), "no opset is raised");
      assertTrue(proof.rounding().isEmpty());
      INDArray actual = Models.run(files.out(), x);
      assertTrue(Models.distance(actual, expected) < 1e-5, "" + Models.distance(actual, expected));
    }
  }

  @ParameterizedTest
  @CsvSource({"11, 13", "13, 13", "17, 17", "21, 21"})
  void onlyDequantizeLinearNeedsANewOpset(int from, int expected) throws Exception {
    Linear l = linear(1, 64, 6);
    Quantized<Nets.One> quantized = quantized(l, blocks(4, true, "I", 32));

    files.proved(file(from, one(l)), quantized, EXACT);
    assertEquals(expected, written().getOpsetImport(0).getVersion());
    files.proved(file(from, one(l)), quantized, OnnxOptions.DEFAULT);
    assertEquals(21, written().getOpsetImport(0).getVersion());
    assertEquals(List.of("DequantizeLinear", "MatMul", "Add"), operations());
  }

  @Test
  void alphaAndBetaOfAGemmAreInTheScalesAndTheBias() throws Exception {
    Linear l = linear(1, 40, 6);
    GraphProto.Builder graph =
        inOut(40, 6)
            .addInitializer(Models.tensor("W", l.weight().mul(0.5)))
            .addInitializer(Models.tensor("B", l.bias().mul(4)))
            .addNode(
                Models.node("Gemm", "/fc/Gemm", "y", "x", "W", "B")
                    .addAttribute(Models.integer("transB", 1))
                    .addAttribute(Models.real("alpha", 2))
                    .addAttribute(Models.real("beta", 0.25f)));
    Quantized<Nets.One> quantized = quantized(l, blocks(4, true, "I", 16));
    INDArray x = Models.random(5, 7, 40);

    files.proved(file(13, graph), quantized, EXACT);

    assertEquals(List.of("MatMulNBits"), operations());
    assertTrue(Models.distance(Models.run(files.out(), x), quantized.model().forward(x)) < 1e-5);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aGemmBehindDequantizeLinearIsAMatMulThatOnnxRuntimeFuses(boolean transposed)
      throws Exception {
    Linear l = linear(1, 48, 6);
    GraphProto.Builder graph =
        inOut(48, 6)
            .addInitializer(Models.tensor("W", transposed ? l.weight() : l.weight().transpose()))
            .addInitializer(Models.tensor("B", l.bias().mul(4)))
            .addNode(
                Models.node("Gemm", "/fc/Gemm", "y", "x", "W", "B")
                    .addAttribute(Models.integer("transB", transposed ? 1 : 0))
                    .addAttribute(Models.real("beta", 0.25f)));
    Quantized<Nets.One> quantized = quantized(l, blocks(4, true, "I", 16));
    INDArray x = Models.random(5, 7, 48);

    ProofResult.Proved proof = files.proved(file(13, graph), quantized, OnnxOptions.DEFAULT);

    NodeProto dequantize = only("DequantizeLinear");
    assertEquals(0, attribute(dequantize, "axis"));
    assertEquals(16, attribute(dequantize, "block_size"));
    Path optimized = folder.resolve("optimized.onnx");
    Session.open(written(), Settings.DEFAULT.with(proof.settings()).writing(optimized)).close();
    assertTrue(
        ModelProto.parseFrom(Files.readAllBytes(optimized)).getGraph().getNodeList().stream()
            .anyMatch(n -> n.getOpType().equals("MatMulNBits")));
    assertTrue(Models.distance(Models.run(files.out(), x), quantized.model().forward(x)) < 1e-5);
  }

  @Test
  void aBiasWithMoreAxesStaysBehindTheProduct() throws Exception {
    Linear l = linear(1, 32, 6);
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Models.value("x", -1, -1, 32))
            .addOutput(Models.value("y", -1, -1, 6))
            .addInitializer(Models.tensor("W", l.weight().transpose()))
            .addInitializer(Models.tensor("B", l.bias().reshape(1, 1, 6)))
            .addNode(Models.node("MatMul", "/fc/MatMul", "p", "x", "W"))
            .addNode(Models.node("Add", "/fc/Add", "y", "B", "p"));
    Quantized<Nets.One> quantized = quantized(l, blocks(4, false, "I", 32));
    INDArray x = Models.random(5, 2, 3, 32);

    files.proved(file(13, graph), quantized, EXACT);

    assertEquals(List.of("MatMulNBits", "Add"), operations());
    INDArray actual = Models.run(files.out(), x);
    INDArray expected = quantized.model().forward(x.reshape(6, 32)).reshape(2, 3, 6);
    assertTrue(Models.distance(actual, expected) < 1e-5);
  }

  @Test
  void aLayerThatIsCalledTwiceHoldsItsWeightOnce() throws Exception {
    Linear l = linear(1, 32, 6);
    GraphProto.Builder graph =
        inOut(64, 6)
            .addInitializer(Models.tensor("W", l.weight()))
            .addInitializer(Models.tensor("B", l.bias()))
            .addInitializer(Models.longs("s0", 0))
            .addInitializer(Models.longs("s1", 32))
            .addInitializer(Models.longs("s2", 64))
            .addInitializer(Models.longs("axis", 1))
            .addNode(Models.node("Slice", "/left", "l", "x", "s0", "s1", "axis"))
            .addNode(Models.node("Slice", "/right", "r", "x", "s1", "s2", "axis"))
            .addNode(
                Models.node("Gemm", "/fc/Gemm", "a", "l", "W", "B")
                    .addAttribute(Models.integer("transB", 1)))
            .addNode(
                Models.node("Gemm", "/fc/Gemm_1", "b", "r", "W", "B")
                    .addAttribute(Models.integer("transB", 1)))
            .addNode(Models.node("Sub", "/sub", "y", "a", "b"));
    Quantized<Nets.Twin> quantized =
        Nets_TwinQuantizer.of(new Nets.Twin(l))
            .using(Recipe.of("blocks").with(Role.WEIGHT, blocks(4, true, "I", 32)))
            .freeze();
    OnnxWeights file = file(13, graph);
    OnnxMapping mapping = OnnxMapping.empty().layer("fc", "/fc/Gemm");

    ProofResult.Proved proof = files.proved(file, quantized, mapping, EXACT);

    assertEquals(3, proof.compared(), "the output, and the weight of both nodes");
    long codes =
        written().getGraph().getInitializerList().stream()
            .filter(t -> t.getDataType() == 2 && t.getDimsCount() == 3)
            .count();
    assertEquals(1, codes);
    INDArray x = Models.random(5, 7, 64);
    assertTrue(Models.distance(Models.run(files.out(), x), quantized.model().forward(x)) < 1e-5);
  }

  @Test
  void partsOfAJoinedLayerAreProductsOfTheirOwn() throws Exception {
    Linear l = linear(1, 32, 6);
    GraphProto.Builder graph = inOut(32, 6);
    for (int part = 0; part < 2; part++) {
      var rows = NDArrayIndex.interval(part * 3, part * 3 + 3);
      graph
          .addInitializer(
              Models.tensor("W" + part, l.weight().get(rows, NDArrayIndex.all()).transpose()))
          .addInitializer(Models.tensor("B" + part, l.bias().get(rows)))
          .addNode(Models.node("MatMul", "/part" + part, "m" + part, "x", "W" + part))
          .addNode(Models.node("Add", "/add" + part, "a" + part, "m" + part, "B" + part));
    }
    graph.addNode(
        Models.node("Concat", "/join", "y", "a0", "a1").addAttribute(Models.integer("axis", 1)));
    Quantized<Nets.One> quantized = quantized(l, blocks(4, true, "I", 16));
    OnnxMapping mapping = OnnxMapping.empty().layer("fc", "/part0", "/part1");

    files.proved(file(13, graph), quantized, mapping, EXACT);

    assertEquals(List.of("MatMulNBits", "MatMulNBits", "Concat"), operations());
    INDArray x = Models.random(5, 7, 32);
    assertTrue(Models.distance(Models.run(files.out(), x), quantized.model().forward(x)) < 1e-5);
  }

  @Test
  void inputsMayBeQuantizedAndSmoothingFoldedIntoAProduct() throws Exception {
    Net net =
        new Net(
            new dev.bitfold.onnx.Linear(Models.random(1, 64, 32), Models.random(2, 32)),
            new dev.bitfold.onnx.Linear(Models.random(3, 32, 16), Models.random(4, 16)));
    QuantDescriptor inputs = QuantDescriptor.builder().bits(8).affine(true).unsigned(true).build();
    INDArray x = Models.outliers(5, 64, 64);
    Quantized<Net> quantized =
        NetQuantizer.of(net)
            .using(
                Recipe.of("w4a8")
                    .with(Role.WEIGHT, blocks(4, true, "I", 16))
                    .with(Role.INPUT, inputs)
                    .withSmoothQuant(0.5))
            .calibrate(List.of(x), Net::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze();
    OnnxMapping mapping =
        OnnxMapping.empty().layer("first", "/first/MatMul").layer("second", "/second/MatMul");

    ProofResult.Proved proof =
        files.proved(
            file(13, Models.net(net)),
            quantized,
            mapping,
            EXACT.withFolded("second", "/first/MatMul"));

    assertEquals(2 + 1 + 1, proof.compared(), "inputs, the output, the weight without factors");
    assertEquals(2, operations().stream().filter("MatMulNBits"::equals).count());
    assertEquals(1, operations().stream().filter("Mul"::equals).count());
    INDArray actual = Models.run(files.out(), x);
    INDArray expected = quantized.model().forward(x);
    assertTrue(Models.distance(actual, expected) < 5e-3, "" + Models.distance(actual, expected));
  }

  @Test
  void whatTheOperatorCannotHoldStaysBehindDequantizeLinear() throws Exception {
    Linear l = linear(1, 64, 6);
    for (QuantDescriptor descriptor :
        List.of(
            blocks(4, false, "I", 8),
            blocks(4, false, "I", 24),
            blocks(4, false, "O", 2),
            QuantDescriptor.builder().bits(8).per("O").build(),
            QuantDescriptor.builder().bits(4).build())) {
      ProofResult.Proved proof = files.proved(file(13, one(l)), quantized(l, descriptor), EXACT);

      assertTrue(operations().contains("DequantizeLinear"), descriptor + ": " + operations());
      assertFalse(operations().contains("MatMulNBits"), descriptor + ": " + operations());
      assertFalse(proof.settings().isEmpty(), "ONNX Runtime would round its inputs");
    }
    assertEquals(21, written().getOpsetImport(0).getVersion());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 5, 99})
  void anAccuracyLevelThatDoesNotExistIsRefused(int level) {
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> OnnxOptions.DEFAULT.withBlockOperators(level))
            .getMessage();
    assertTrue(message.contains("accuracy level " + level), message);
    assertEquals(OptionalInt.empty(), OnnxOptions.DEFAULT.blockOperators());
  }

  @Test
  void whatRoundingOfInputsChangesIsMeasuredAndBounded() throws Exception {
    Linear l = linear(1, 256, 24);
    Quantized<Nets.One> quantized = quantized(l, blocks(4, true, "I", 32));
    INDArray x = Models.random(5, 300, 256);
    OnnxProof data = OnnxProof.on(List.of(x), batch -> Map.of("x", batch));

    ProofResult.Rounding one =
        files
            .proved(
                file(13, matMul(l)),
                quantized,
                OnnxOptions.DEFAULT.withBlockOperators(1).withProof(data))
            .rounding()
            .orElseThrow();
    assertEquals(1, one.level());
    assertEquals(0, one.largest(), "float32 stays float32");

    ProofResult.Proved proof =
        files.proved(file(13, matMul(l)), quantized, ROUNDED.withProof(data));

    assertEquals(4, attribute(only("MatMulNBits"), "accuracy_level"));
    ProofResult.Rounding rounding = proof.rounding().orElseThrow();
    INDArray exact = quantized.model().forward(x);
    double moved = Models.distance(Models.run(files.out(), x), exact);
    assertEquals(moved, rounding.largest(), 1e-4, "" + rounding);
    assertTrue(rounding.largest() < 0.02, "" + rounding);
    assertTrue(rounding.ofBound() < 1, "" + rounding);
    assertEquals(moved > 1e-4, rounding.ofBound() > 1e-3, "" + rounding);
    assertEquals("y", rounding.output());
    assertFalse(rounding.needsOptimizer(), "" + rounding);
    assertTrue(rounding.toString().contains("accuracy level 4 of 1 products"), "" + rounding);
  }

  private static GraphProto.Builder words(Embedding table, Linear fc) {
    return GraphProto.newBuilder()
        .addInput(Models.typed("ids", 7, -1, -1))
        .addOutput(Models.value("y", -1, -1, fc.weight().size(0)))
        .addInitializer(Models.tensor("T", table.weight()))
        .addInitializer(Models.tensor("W", fc.weight().transpose()))
        .addInitializer(Models.tensor("B", fc.bias()))
        .addNode(Models.node("Gather", "/table/Gather", "t", "T", "ids"))
        .addNode(Models.node("MatMul", "/fc/MatMul", "p", "t", "W"))
        .addNode(Models.node("Add", "/fc/Add", "y", "p", "B"));
  }

  private static Quantized<Nets.Words> words(
      Embedding table, Linear fc, QuantDescriptor descriptor) {
    return Nets_WordsQuantizer.of(new Nets.Words(table, fc))
        .using(Recipe.of("blocks").with(Role.WEIGHT, descriptor))
        .skip("fc")
        .freeze();
  }

  private static QuantDescriptor perRow(int bits, boolean affine) {
    return QuantDescriptor.builder().bits(bits).affine(affine).per("I").build();
  }

  @ParameterizedTest
  @CsvSource({
    "4, true, 32, 64", "4, false, 16, 40", "3, true, 16, 33", "2, true, 16, 16", "8, false, 32, 64",
    "8, true, 16, 33", "4, true, 0, 20", "4, false, 0, 300", "8, true, 0, 33", "4, true, 0, 7"
  })
  void tablesOfBlocksOrWithAScaleForEachRowAreGatherBlockQuantized(
      int bits, boolean affine, int block, int columns) throws Exception {
    Embedding table = new Embedding(Models.random(1, 700, columns));
    Linear fc = linear(2, columns, 4);
    QuantDescriptor descriptor =
        block == 0 ? perRow(bits, affine) : blocks(bits, affine, "O", block);
    Quantized<Nets.Words> quantized = words(table, fc, descriptor);

    ProofResult.Proved proof = files.proved(file(13, words(table, fc)), quantized, EXACT);

    assertEquals(bits <= 4 ? 4 : 8, attribute(only("GatherBlockQuantized"), "bits"));
    assertEquals(2, proof.compared());
    assertEquals(Map.of(), proof.settings());
    long codes =
        written().getGraph().getInitializerList().stream()
            .filter(t -> t.getName().endsWith("_blocks"))
            .mapToLong(t -> t.getRawData().size())
            .sum();
    assertEquals((700L * columns * (bits <= 4 ? 4 : 8) + 7) / 8, codes, "no byte more");
  }

  @Test
  void tablesWithBlocksSayWhatHelps() throws Exception {
    Embedding table = new Embedding(Models.random(1, 50, 32));
    Linear fc = linear(2, 32, 4);
    OnnxWeights file = file(13, words(table, fc));

    String standard =
        files.refusal(file, words(table, fc, blocks(4, true, "O", 16)), OnnxOptions.DEFAULT, WHOLE);
    assertTrue(standard.contains("node /table/Gather"), standard);
    assertTrue(standard.contains("options.withBlockOperators(level)"), standard);

    String small = files.refusal(file, words(table, fc, blocks(4, true, "O", 8)), EXACT, WHOLE);
    assertTrue(small.contains("blocks of 8 along axis 1"), small);
    String rows = files.refusal(file, words(table, fc, blocks(4, true, "I", 16)), EXACT, WHOLE);
    assertTrue(rows.contains("blocks of 16 along axis 0"), rows);

    files.proved(file, words(table, fc, QuantDescriptor.builder().bits(4).per("O").build()), EXACT);
    assertTrue(operations().contains("DequantizeLinear"), "a scale for each column is standard");
  }

  /** Weights whose blocks of 32 have scales that float16 holds. */
  private static Linear halves(int in, int out) {
    INDArray codes = Nd4j.create(out, in);
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        double scale = Math.scalb(1 + (o + i / 32) % 512 / 1024.0, -8);
        codes.putScalar(o, i, i % 32 == 0 ? 7 * scale : (i * 5 + o) % 15 * scale - 7 * scale);
      }
    }
    return new Linear(codes, Models.random(3, out));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void scalesThatFloat16HoldsTakeHalfTheBytes(boolean operators) throws Exception {
    Linear l = halves(256, 48);
    OnnxOptions options = operators ? ROUNDED : OnnxOptions.DEFAULT;
    Quantized<Nets.One> quantized = quantized(l, blocks(4, false, "I", 32));
    OnnxWeights file = file(13, matMul(l));

    ProofResult.Proved proof = files.proved(file, quantized, options);

    // ONNX Runtime 1.29 ignores scales that its optimizer has not made constants.
    proof
        .rounding()
        .ifPresent(
            rounding ->
                assertEquals(
                    rounding.needsOptimizer(),
                    rounding.toString().contains("needs ONNX Runtime's optimizer")));
    assertEquals(operators, proof.rounding().isPresent());
    NodeProto cast = only("Cast");
    TensorProto scales =
        written().getGraph().getInitializerList().stream()
            .filter(t -> t.getName().equals(cast.getInput(0)))
            .findFirst()
            .orElseThrow();
    assertEquals(10, scales.getDataType(), "float16");
    assertEquals(2 * 48 * 8, scales.getRawData().size());
    long small = Files.size(files.out());
    Path optimized = folder.resolve("optimized.onnx");
    Session.open(written(), Settings.DEFAULT.with(proof.settings()).writing(optimized)).close();
    List<String> fused =
        ModelProto.parseFrom(Files.readAllBytes(optimized)).getGraph().getNodeList().stream()
            .map(NodeProto::getOpType)
            .toList();
    assertTrue(fused.contains("MatMulNBits"), "" + fused);
    assertFalse(fused.contains("Cast") || fused.contains("DequantizeLinear"), "" + fused);
    Files.delete(optimized);

    Linear third = new Linear(l.weight().mul(1 / 3.0), l.bias());
    files.proved(file(13, matMul(third)), quantized(third, blocks(4, false, "I", 32)), options);
    assertFalse(operations().contains("Cast"), "thirds are not float16 numbers");
    assertTrue(Files.size(files.out()) > small + 2 * 48 * 8 - 200);
  }

  @Test
  void aFewScalesStayFloat32() throws Exception {
    Linear l = halves(32, 8);
    files.proved(file(13, matMul(l)), quantized(l, blocks(4, false, "I", 32)), EXACT);
    assertEquals(List.of("MatMulNBits"), operations(), "a Cast takes more than 16 bytes");
  }

  private static UnaryOperator<ModelProto> bytes(String suffix, UnaryOperator<byte[]> damage) {
    return graph(
        g -> {
          TensorProto.Builder found =
              g.getInitializerBuilderList().stream()
                  .filter(t -> t.getName().endsWith(suffix))
                  .findFirst()
                  .orElseThrow(() -> new AssertionError("no constant " + suffix));
          found.setRawData(ByteString.copyFrom(damage.apply(found.getRawData().toByteArray())));
        });
  }

  /** The halves of each byte change places, as if the second code of two came first. */
  private static byte[] swappedHalves(byte[] bytes) {
    byte[] swapped = bytes.clone();
    for (int i = 0; i < bytes.length; i++) {
      swapped[i] = (byte) (bytes[i] << 4 | (bytes[i] & 0xff) >> 4);
    }
    return swapped;
  }

  /** The last bytes come first. */
  private static byte[] shifted(byte[] bytes, int by) {
    byte[] shifted = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      shifted[(i + by) % bytes.length] = bytes[i];
    }
    return shifted;
  }

  /** Two rows of equal length change places. */
  private static byte[] swappedRows(byte[] bytes, int a, int b, int length) {
    byte[] swapped = bytes.clone();
    System.arraycopy(bytes, a * length, swapped, b * length, length);
    System.arraycopy(bytes, b * length, swapped, a * length, length);
    return swapped;
  }

  @Test
  void theProofFindsFaultsOfAProduct() throws Exception {
    Linear l = linear(1, 96, 40);
    Quantized<Nets.One> quantized = quantized(l, blocks(4, true, "I", 32));
    OnnxWeights file = file(13, matMul(l));
    for (OnnxOptions options : List.of(EXACT, ROUNDED)) {
      files.proved(file, quantized, options);
      for (UnaryOperator<ModelProto> damage :
          List.of(
              bytes("_zero_point", BlockOperatorsTest::swappedHalves),
              bytes("_scale", scales -> shifted(scales, 4)),
              bytes("_blocks", codes -> swappedRows(codes, 38, 39, 48)),
              bytes("_blocks", BlockOperatorsTest::swappedHalves),
              node("/fc/MatMul", n -> n.setInput(3, "")))) {
        assertNames("/fc/MatMul", files.refusal(file, quantized, options, damage));
      }
    }
  }

  @Test
  void theProofFindsARowThatNoDataReaches() throws Exception {
    Embedding table = new Embedding(Models.random(1, 2000, 96));
    Linear fc = linear(2, 96, 4);
    Quantized<Nets.Words> quantized = words(table, fc, blocks(4, true, "O", 32));
    OnnxWeights file = file(13, words(table, fc));
    INDArray ids = Nd4j.createFromArray(new long[][] {{0, 1, 2}});
    OnnxOptions options = EXACT.withProof(OnnxProof.on(List.of(Map.of("ids", ids))));

    files.proved(file, quantized, options);
    for (UnaryOperator<ModelProto> damage :
        List.of(
            bytes("_blocks", codes -> swappedRows(codes, 1998, 1999, 48)),
            bytes("_scale", scales -> swappedRows(scales, 1998, 1999, 12)),
            bytes("_zero_point", zeros -> swappedRows(zeros, 1990, 1999, 2)))) {
      assertNames("/table/Gather", files.refusal(file, quantized, options, damage));
    }
    assertNames(
        "/table/Gather",
        files.refusal(
            file, quantized, options, bytes("_zero_point", BlockOperatorsTest::swappedHalves)));
    assertNames(
        "/table/Gather",
        files.refusal(file, quantized, options, bytes("_scale", s -> shifted(s, 4))));
  }
}
