package dev.bitfold.onnx.export;

import static dev.bitfold.onnx.export.ProofFiles.OPTIONS;
import static dev.bitfold.onnx.export.ProofFiles.add;
import static dev.bitfold.onnx.export.ProofFiles.file;
import static dev.bitfold.onnx.export.ProofFiles.inOut;
import static dev.bitfold.onnx.export.ProofFiles.linear;
import static dev.bitfold.onnx.export.ProofFiles.node;
import static dev.bitfold.onnx.export.ProofFiles.one;
import static dev.bitfold.onnx.export.ProofFiles.quantized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layers.Conv1d;
import dev.bitfold.layers.Embedding;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.Window;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.Nets;
import dev.bitfold.onnx.Nets_OneQuantizer;
import dev.bitfold.onnx.Nets_SequenceQuantizer;
import dev.bitfold.onnx.Nets_TwoQuantizer;
import dev.bitfold.onnx.Nets_WordsQuantizer;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.SparseTensorProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks files as exporters write them: each is exported and proved, or refused with a remedy. */
class FilesTest {
  private static final UnaryOperator<ModelProto> WHOLE = UnaryOperator.identity();

  @TempDir Path folder;
  private ProofFiles files;

  @BeforeEach
  void files() {
    files = new ProofFiles(folder);
  }

  private void assertExported(
      OnnxWeights file, Quantized<Nets.One> quantized, OnnxMapping mapping, INDArray x)
      throws Exception {
    files.proved(file, quantized, mapping, OPTIONS);
    INDArray expected = quantized.model().forward(x);
    assertTrue(Models.distance(Models.run(files.out(), x), expected) < 1e-5);
  }

  @Test
  void nodesWithoutNamesGoByTheirOutputs() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 32, 6);
    GraphProto.Builder graph = one(l);
    node(graph, "/fc/Gemm").clearName();
    graph
        .addNode(Models.node("Identity", "twice", "a", "y"))
        .addNode(Models.node("Identity", "twice", "b", "y"));
    OnnxWeights file = file(13, graph);

    assertEquals("Gemm", file.operation("y"));
    assertTrue(file.nodes().containsAll(List.of("a", "b")), "" + file.nodes());
    assertExported(file, quantized(l, x), OnnxMapping.empty().layer("fc", "y"), x);
  }

  @Test
  void aWeightThatCallersCouldFeedBecomesAConstant() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 32, 6);
    GraphProto.Builder graph = one(l).addInput(Models.value("fc.weight", 4, 6));
    OnnxWeights file = file(13, graph);

    assertExported(file, quantized(l, x), OnnxMapping.byName(file, quantized(l, x)), x);
    ModelProto written = ModelProto.parseFrom(Files.readAllBytes(files.out()));
    assertEquals(1, written.getGraph().getInputCount());

    GraphProto.Builder fed = one(l).addInput(Models.value("fc.weight", 4, 6));
    fed.removeInitializer(0);
    String message = files.refusal(file(13, fed), quantized(l, x), OPTIONS, WHOLE);
    assertTrue(message.contains("fc.weight as its weight, which is an input"), message);
  }

  @Test
  void aBiasMayHaveAxesOfSizeOneBeforeItsChannels() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 32, 6);
    for (boolean contrib : new boolean[] {false, true}) {
      GraphProto.Builder graph =
          inOut(6, 4)
              .addInitializer(Models.tensor("W", l.weight().transpose()))
              .addInitializer(Models.tensor("B", l.bias().reshape(1, 4)))
              .addNode(Models.node("MatMul", "/fc/MatMul", "m", "x", "W"))
              .addNode(Models.node("Add", "/fc/Add", "y", "m", "B"));
      OnnxWeights file = file(13, graph);
      Quantized<Nets.One> corrected =
          Nets_OneQuantizer.of(new Nets.One(l))
              .calibrate(List.of(x), Nets.One::forward)
              .smoothQuant(SmoothQuantOptions.alpha(0.5))
              .correctBiases()
              .freeze();

      files.proved(file, corrected, OPTIONS.withContribOperators(contrib));

      INDArray expected = corrected.model().forward(x);
      assertTrue(Models.distance(Models.run(files.out(), x), expected) < 2e-3);
    }
  }

  @Test
  void aReadyMadeConv1dIsExported() throws Exception {
    Conv1d grouped =
        new Conv1d(Models.random(1, 8, 4, 3), Models.random(2, 8), new Window(1, 1, 1), 2);
    INDArray x = Models.random(3, 2, 8, 9);
    x.slice(1, 1).muli(30);
    Quantized<Nets.Sequence> quantized =
        Nets_SequenceQuantizer.of(new Nets.Sequence(grouped))
            .calibrate(List.of(x), Nets.Sequence::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze();
    OnnxWeights file =
        file(
            13,
            GraphProto.newBuilder()
                .addInput(Models.value("x", -1, 8, -1))
                .addOutput(Models.value("y", -1, 8, -1))
                .addInitializer(Models.tensor("W", grouped.weight()))
                .addInitializer(Models.tensor("B", grouped.bias()))
                .addNode(
                    Models.node("Conv", "/conv/Conv", "y", "x", "W", "B")
                        .addAttribute(Models.integer("group", 2))
                        .addAttribute(Models.integers("pads", 1, 1))));

    files.proved(file, quantized, OPTIONS);

    INDArray expected = quantized.model().forward(x);
    assertTrue(Models.distance(Models.run(files.out(), x), expected) < 1e-5);
  }

  /** Ids, positions cut from a range by their number, a table with a scale per row, a Linear. */
  private static GraphProto.Builder words(Embedding table, Linear fc, int type) {
    TensorProto range =
        Models.longs("range", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15).toBuilder()
            .clearDims()
            .addDims(1)
            .addDims(16)
            .build();
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Models.typed("ids", type, -1, -1))
            .addOutput(Models.value("y", -1, -1, fc.weight().size(0)))
            .addInitializer(Models.tensor("table", table.weight()))
            .addInitializer(Models.tensor("positions", Models.random(9, 16, 6)))
            .addInitializer(Models.tensor("W", fc.weight().transpose()))
            .addInitializer(Models.tensor("B", fc.bias()))
            .addInitializer(range)
            .addInitializer(Models.longs("zero", 0))
            .addInitializer(Models.longs("one", 1))
            .addInitializer(Models.longs("second", 1).toBuilder().clearDims())
            .addNode(Models.node("Gather", "/table/Gather", "t", "table", "ids"))
            .addNode(Models.node("Shape", "/Shape", "s", "ids"))
            .addNode(Models.node("Gather", "/size", "length", "s", "second"))
            .addNode(Models.node("Unsqueeze", "/u", "end", "length", "zero"))
            .addNode(Models.node("Slice", "/slice", "p", "range", "zero", "end", "one"))
            .addNode(Models.node("Gather", "/positions/Gather", "pe", "positions", "p"))
            .addNode(Models.node("Add", "/sum", "h", "t", "pe"))
            .addNode(Models.node("MatMul", "/fc/MatMul", "m", "h", "W"))
            .addNode(Models.node("Add", "/fc/Add", "y", "m", "B"));
    return graph;
  }

  @Test
  void aReadyMadeEmbeddingAndIdsOf32BitsAreExported() throws Exception {
    Embedding table = new Embedding(Models.random(1, 20, 6));
    Linear fc = linear(2, 6, 4);
    INDArray ids = Nd4j.createFromArray(new long[][] {{1, 2, 3}, {19, 0, 7}});
    Quantized<Nets.Words> quantized =
        Nets_WordsQuantizer.of(new Nets.Words(table, fc))
            .calibrate(List.of(ids), Nets.Words::forward)
            .freeze();
    for (int type : new int[] {7, 6}) {
      OnnxWeights file = file(13, words(table, fc, type));

      files.proved(file, quantized, OPTIONS);

      ModelProto written = ModelProto.parseFrom(Files.readAllBytes(files.out()));
      long counted =
          written.getGraph().getNodeList().stream()
              .filter(n -> n.getOpType().equals("CumSum"))
              .count();
      assertEquals(1, counted, "positions are counted from the ids of type " + type);
    }
    String message =
        files.refusal(
            file(13, words(table, fc, 6)),
            quantized,
            OPTIONS,
            ProofFiles.graph(
                g ->
                    g.getNodeBuilderList().stream()
                        .filter(n -> n.getInputCount() > 0)
                        .filter(n -> n.getInput(0).endsWith("/positions/ids"))
                        .forEach(n -> n.setInput(0, "ids").setInput(1, "ids"))));
    assertTrue(message.contains("does not load in ONNX Runtime"), message);
    assertTrue(message.contains("/positions/Gather/positions"), message);
  }

  @Test
  void twoImportsOfOnnxAreOneOrRefused() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 32, 6);
    for (long version : new long[] {13, 14}) {
      byte[] bytes =
          Models.model(13, one(l)).toBuilder()
              .addOpsetImport(
                  OperatorSetIdProto.newBuilder().setDomain("ai.onnx").setVersion(version))
              .build()
              .toByteArray();
      OnnxWeights file = OnnxWeights.of("m.onnx", bytes);
      if (version == 13) {
        assertExported(file, quantized(l, x), OnnxMapping.byName(file, quantized(l, x)), x);
        ModelProto written = ModelProto.parseFrom(Files.readAllBytes(files.out()));
        assertEquals(1, written.getOpsetImportCount());
      } else {
        String message = files.refusal(file, quantized(l, x), OPTIONS, WHOLE);
        assertTrue(message.contains("in the versions [13, 14]"), message);
      }
    }
  }

  @Test
  void aNodeOfAForeignDomainIsNotMapped() throws Exception {
    Linear l = linear(1, 6, 4);
    GraphProto.Builder graph = one(l);
    node(graph, "/fc/Gemm").setDomain("com.acme");
    OnnxWeights file = file(13, graph);
    Quantized<Nets.One> quantized = quantized(l, Models.random(2, 32, 6));

    OnnxException none =
        assertThrows(OnnxException.class, () -> OnnxMapping.byName(file, quantized));
    assertTrue(none.getMessage().contains("the layers fc. Its MatMul"), none.getMessage());
    String message =
        files.refusal(file, quantized, OnnxMapping.empty().layer("fc", "/fc/Gemm"), OPTIONS, WHOLE);
    assertTrue(message.contains("is com.acme.Gemm and computes no layer"), message);
  }

  @Test
  void namesWithoutAMatchAreListed() {
    Linear l = linear(1, 6, 4);
    GraphProto.Builder graph = one(l);
    node(graph, "/fc/Gemm").setName("/dense/Gemm");
    OnnxWeights file = file(13, graph);
    Quantized<Nets.One> quantized = quantized(l, Models.random(2, 32, 6));

    OnnxException e = assertThrows(OnnxException.class, () -> OnnxMapping.byName(file, quantized));

    assertTrue(
        e.getMessage().endsWith("OnnxMapping.empty().layer(\"fc\", \"/dense/Gemm\")"),
        e.getMessage());
  }

  @Test
  void aLayerThatIsNotMappedIsListedWithTheNodesThatAreLeft() throws Exception {
    Linear a = linear(1, 6, 4);
    Linear b = linear(2, 4, 3);
    GraphProto.Builder graph = inOut(6, 3);
    add(graph, "a", "x", "h", a);
    add(graph, "head", "h", "y", b);
    Quantized<Nets.Two> quantized =
        Nets_TwoQuantizer.of(new Nets.Two(a, b))
            .calibrate(List.of(Models.random(2, 64, 6)), Nets.Two::forward)
            .freeze();

    String message = files.refusal(file(13, graph), quantized, OPTIONS, WHOLE);

    assertTrue(message.contains("mapping.layer(\"b\", \"…\")"), message);
    assertTrue(message.contains("Not mapped are the nodes /head/Gemm"), message);
  }

  @Test
  void aFileOfAnotherModelIsRefusedBeforeItsWeightsAreSmoothed() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 32, 6);
    x.getColumn(3).muli(20);
    Quantized<Nets.One> smoothed =
        Nets_OneQuantizer.of(new Nets.One(l))
            .calibrate(List.of(x), Nets.One::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze();
    for (Quantized<Nets.One> quantized : List.of(smoothed, smoothed.compress())) {
      GraphProto.Builder other = one(new Linear(l.weight().mul(1.001), l.bias()));
      assertTrue(
          files.refusal(file(13, other), quantized, OPTIONS, WHOLE).contains("is another model"));
      GraphProto.Builder scaled = one(new Linear(l.weight().mul(0.25), l.bias()));
      node(scaled, "/fc/Gemm").addAttribute(Models.real("alpha", 2));
      String alpha = files.refusal(file(13, scaled), quantized, OPTIONS, WHOLE);
      assertTrue(alpha.contains("is another model") && alpha.contains("alpha"), alpha);
      GraphProto.Builder nan =
          one(new Linear(l.weight().dup().putScalar(1, 2, Float.NaN), l.bias()));
      String message = files.refusal(file(13, nan), quantized, OPTIONS, WHOLE);
      assertTrue(message.contains("tensor fc.weight holds NaN at [1, 2]"), message);
    }
    GraphProto.Builder apart = one(l);
    node(apart, "/fc/Gemm").addAttribute(Models.real("alpha", 2));
    String message = files.refusal(file(13, apart), smoothed, OPTIONS, WHOLE);
    assertTrue(message.contains("OnnxProof.on(feeds).against(outputs)"), message);
  }

  @Test
  void aBiasIsTimesBeta() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 32, 6);
    for (boolean corrected : new boolean[] {false, true}) {
      var calibration =
          Nets_OneQuantizer.of(new Nets.One(l)).calibrate(List.of(x), Nets.One::forward);
      Quantized<Nets.One> quantized =
          (corrected ? calibration.correctBiases() : calibration).freeze();
      GraphProto.Builder graph = one(new Linear(l.weight(), l.bias().mul(4)));
      node(graph, "/fc/Gemm").addAttribute(Models.real("beta", 0.25f));
      OnnxWeights file = file(13, graph);

      assertExported(file, quantized, OnnxMapping.byName(file, quantized), x);
    }
    GraphProto.Builder wrong = one(l);
    node(wrong, "/fc/Gemm").addAttribute(Models.real("beta", 0.25f));
    String message = files.refusal(file(13, wrong), quantized(l, x), OPTIONS, WHOLE);
    assertTrue(message.contains("is another model: fc.bias"), message);
  }

  @Test
  void aProductThatIsAnOutputOfTheGraphHasNoBiasBehindIt() throws Exception {
    Linear l = linear(1, 6, 4);
    GraphProto.Builder graph =
        inOut(6, 4)
            .addOutput(Models.value("m", -1, 4))
            .addInitializer(Models.tensor("W", l.weight().transpose()))
            .addInitializer(Models.tensor("B", l.bias()))
            .addNode(Models.node("MatMul", "/fc/MatMul", "m", "x", "W"))
            .addNode(Models.node("Add", "/fc/Add", "y", "m", "B"));

    String message =
        files.refusal(file(13, graph), quantized(l, Models.random(2, 32, 6)), OPTIONS, WHOLE);

    assertTrue(message.contains("node /fc/MatMul has no constant bias"), message);
    assertTrue(message.contains("its product m is an output of the graph as well"), message);
    assertTrue(message.contains("remove that output"), message);
  }

  @Test
  void blocksThatDoNotDivideTheChannelsAreCountedUp() throws Exception {
    Linear l = linear(1, 70, 4);
    QuantDescriptor blocks =
        QuantDescriptor.builder().bits(4).blockSizes(BlockSize.along("I", 32)).build();
    Quantized<Nets.One> quantized =
        Nets_OneQuantizer.of(new Nets.One(l))
            .using(Recipe.of("W4").with(Role.WEIGHT, blocks))
            .freeze();
    INDArray x = Models.random(2, 32, 70);

    files.proved(file(13, one(l)), quantized, OnnxOptions.DEFAULT);

    INDArray expected = quantized.model().forward(x);
    assertTrue(Models.distance(Models.run(files.out(), x), expected) < 1e-5);
    ModelProto written = ModelProto.parseFrom(Files.readAllBytes(files.out()));
    NodeProto dequantize =
        written.getGraph().getNodeList().stream()
            .filter(n -> n.getOpType().equals("DequantizeLinear"))
            .findFirst()
            .orElseThrow();
    TensorProto scales =
        written.getGraph().getInitializerList().stream()
            .filter(t -> t.getName().equals(dequantize.getInput(1)))
            .findFirst()
            .orElseThrow();
    assertEquals(List.of(3L, 4L), scales.getDimsList());
    assertEquals(
        32,
        dequantize.getAttributeList().stream()
            .filter(a -> a.getName().equals("block_size"))
            .findFirst()
            .orElseThrow()
            .getI());
  }

  @Test
  void pairsOfNeighboursDoNotSaturateWhateverTheLayout() {
    INDArray oi = Nd4j.createFromArray(new float[][] {{3, -4, 1, 0, 9}, {0, 1, -6, 2, 1}});
    INDArray expected = Nd4j.createFromArray(9f, 8f);
    var rule = OnnxQdq.nonSaturating();

    assertEquals(expected, rule.of("w", oi, new Layout("OI")));
    assertEquals(expected, rule.of("w", oi.transpose(), new Layout("IO")));
    // The order in which a convolution multiplies is the runtime's: the two largest may meet.
    assertEquals(
        Nd4j.createFromArray(13f, 8f), rule.of("w", oi.reshape(2, 5, 1), new Layout("OIT")));
    IllegalArgumentException unknown =
        assertThrows(IllegalArgumentException.class, () -> rule.of("w", oi, Layout.UNKNOWN));
    assertTrue(unknown.getMessage().contains("does not say O and I"), unknown.getMessage());
  }

  @Test
  void squareWeightsOfBothLayoutsGetTheSameAmax() {
    INDArray weight = Models.random(1, 8, 8);
    for (int o = 0; o < 8; o++) {
      weight.getRow(o).muli(Math.pow(3, o - 4));
    }
    Linear l = new Linear(weight, Models.random(2, 8));
    INDArray x = Models.random(3, 64, 8);
    Quantized<Nets.One> quantized =
        Nets_OneQuantizer.of(new Nets.One(l))
            .calibrate(List.of(x), Nets.One::forward)
            .weightAmax(OnnxQdq.nonSaturating())
            .freeze();

    double error = Models.distance(quantized.model().forward(x), l.forward(x));

    assertTrue(error < 0.012, "" + error);
  }

  @Test
  void aNodeInsideOfASubgraphIsRefusedWithItsHolder() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 32, 6);
    GraphProto.Builder layer = one(l);
    GraphProto branch =
        GraphProto.newBuilder()
            .setName("branch")
            .addOutput(Models.value("branch_y", -1, 4))
            .addNode(layer.getNode(0).toBuilder().setOutput(0, "branch_y"))
            .build();
    TensorProto yes =
        TensorProto.newBuilder().setName("yes").setDataType(9).addInt32Data(1).build();
    layer
        .clearNode()
        .addInitializer(yes)
        .addNode(
            Models.node("If", "/if", "y", "yes")
                .addAttribute(subgraph("then_branch", branch))
                .addAttribute(subgraph("else_branch", branch)));
    OnnxWeights file = file(13, layer);

    String message =
        files.refusal(
            file, quantized(l, x), OnnxMapping.empty().layer("fc", "/fc/Gemm"), OPTIONS, WHOLE);
    assertTrue(message.contains("node /fc/Gemm stands inside of the If node /if"), message);

    OnnxException byName =
        assertThrows(OnnxException.class, () -> OnnxMapping.byName(file, quantized(l, x)));
    assertTrue(("" + byName.getMessage()).contains("outside of subgraphs"), "" + byName);
  }

  private static AttributeProto subgraph(String name, GraphProto graph) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.GRAPH)
        .setG(graph)
        .build();
  }

  @Test
  void aSparseWeightIsRefused() throws Exception {
    Linear l = linear(1, 6, 4);
    GraphProto.Builder graph = one(l);
    TensorProto weight = graph.getInitializer(0);
    graph
        .removeInitializer(0)
        .addSparseInitializer(
            SparseTensorProto.newBuilder()
                .setValues(
                    TensorProto.newBuilder()
                        .setName(weight.getName())
                        .setDataType(1)
                        .addDims(1)
                        .addFloatData(1))
                .setIndices(TensorProto.newBuilder().setDataType(7).addDims(1).addInt64Data(3))
                .addAllDims(weight.getDimsList()));

    String message =
        files.refusal(file(13, graph), quantized(l, Models.random(2, 32, 6)), OPTIONS, WHOLE);

    assertTrue(message.contains("a sparse initializer; save the model with dense"), message);
  }
}
