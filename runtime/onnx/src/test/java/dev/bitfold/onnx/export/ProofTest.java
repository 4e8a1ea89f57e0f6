package dev.bitfold.onnx.export;

import static dev.bitfold.onnx.export.ProofFiles.OPTIONS;
import static dev.bitfold.onnx.export.ProofFiles.add;
import static dev.bitfold.onnx.export.ProofFiles.assertNames;
import static dev.bitfold.onnx.export.ProofFiles.file;
import static dev.bitfold.onnx.export.ProofFiles.floats;
import static dev.bitfold.onnx.export.ProofFiles.graph;
import static dev.bitfold.onnx.export.ProofFiles.inOut;
import static dev.bitfold.onnx.export.ProofFiles.linear;
import static dev.bitfold.onnx.export.ProofFiles.node;
import static dev.bitfold.onnx.export.ProofFiles.one;
import static dev.bitfold.onnx.export.ProofFiles.quantized;
import static dev.bitfold.onnx.export.ProofFiles.set;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.Linear;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.Nets;
import dev.bitfold.onnx.Nets_ConvsQuantizer;
import dev.bitfold.onnx.Nets_NormsQuantizer;
import dev.bitfold.onnx.Nets_OneQuantizer;
import dev.bitfold.onnx.Nets_ShiftedQuantizer;
import dev.bitfold.onnx.Nets_ShuffledQuantizer;
import dev.bitfold.onnx.Nets_TwinQuantizer;
import dev.bitfold.onnx.Nets_TwoQuantizer;
import dev.bitfold.onnx.Projection;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.onnx.proof.Prover;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Checks that the proof finds a file that is not the quantized model, and names the node. Each test
 * damages a correct file in a way that an export once did.
 */
@Tag("slow")
@Tag("any-jdk")
class ProofTest {
  private static final String OF_THE_OPTIMIZER =
      "Without ONNX Runtime's optimizer the file is right";

  private static final int N = 8;

  @TempDir Path folder;
  private ProofFiles files;

  @BeforeEach
  void files() {
    files = new ProofFiles(folder);
  }

  @Test
  void saysWhatWasProved() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 32, 6);

    ProofResult.Proved random = files.proved(file(13, one(l)), quantized(l, x), OPTIONS);
    ProofResult.Proved given =
        files.proved(
            file(13, one(l)),
            quantized(l, x),
            OPTIONS.withProof(OnnxProof.on(List.of(x), batch -> Map.of("x", batch))));

    assertEquals(2, random.compared(), "an input and an output");
    assertEquals("2 random feeds of seed 1", random.data());
    assertEquals("1 feeds", given.data());
    assertTrue(random.largest() < 1e-5, "" + random);
    assertEquals(List.of(), given.unmoved());
    assertEquals(Map.of(), given.settings());
  }

  @Test
  void skippingIsRecorded() throws Exception {
    Linear l = linear(1, 6, 4);
    OnnxWeights file = file(13, one(l));
    Quantized<Nets.One> quantized = quantized(l, Models.random(2, 32, 6));
    OnnxQdq.Exported exported =
        files.export(
            file,
            quantized,
            OnnxMapping.byName(file, quantized),
            OPTIONS.withProof(OnnxProof.skipped("proved elsewhere")),
            UnaryOperator.identity());

    assertEquals(new ProofResult.Skipped("proved elsewhere"), exported.proof());
    assertThrows(IllegalArgumentException.class, () -> OnnxProof.skipped(" "));
    assertThrows(IllegalArgumentException.class, () -> OnnxProof.on(List.of()));
  }

  @Test
  void dataThatReachesOneCodeOnlyIsReported() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray zeros = Nd4j.zeros(DataType.FLOAT, 3, 6);

    ProofResult.Proved proof =
        files.proved(
            file(13, one(l)),
            quantized(l, Models.random(2, 32, 6)),
            OPTIONS.withProof(OnnxProof.on(List.of(Map.of("x", zeros)))));

    assertEquals(List.of("/fc/Gemm"), proof.unmoved());
  }

  @Test
  void dataThatTheFloatModelDoesNotTakeIsNamed() throws Exception {
    Linear l = linear(1, 6, 4);
    OnnxOptions options =
        OPTIONS.withProof(OnnxProof.on(List.of(Map.of("x", Models.random(3, 2, 7)))));

    String message =
        files.refusal(
            file(13, one(l)),
            quantized(l, Models.random(2, 32, 6)),
            options,
            UnaryOperator.identity());

    assertTrue(message.contains("the float model does not take the data of the proof"), message);
  }

  @Test
  void findsABiasThatOverflows() throws Exception {
    INDArray weight = Models.random(1, 4, 3, 3, 3);
    weight.slice(2).muli(1e-7);
    Conv2d a = new Conv2d(weight, Nd4j.createFromArray(0.1f, -0.2f, 2f, 0.3f));
    Conv2d b = new Conv2d(Models.random(2, 5, 4, 1, 1), Models.random(3, 5));
    INDArray x = Models.random(4, 4, 3, 8, 8);
    Quantized<Nets.Convs> quantized =
        Nets_ConvsQuantizer.of(new Nets.Convs(a, b))
            .calibrate(List.of(x), Nets.Convs::forward)
            .freeze();
    OnnxWeights file =
        file(
            13,
            GraphProto.newBuilder()
                .addInput(Models.value("x", -1, 3, 8, 8))
                .addOutput(Models.value("y", -1, 5, 6, 6))
                .addInitializer(Models.tensor("W", a.weight()))
                .addInitializer(Models.tensor("B", a.bias()))
                .addInitializer(Models.tensor("W2", b.weight()))
                .addInitializer(Models.tensor("B2", b.bias()))
                .addNode(Models.node("Conv", "/a/Conv", "h", "x", "W", "B"))
                .addNode(Models.node("Relu", "/Relu", "r", "h"))
                .addNode(Models.node("Conv", "/b/Conv", "y", "r", "W2", "B2")));

    files.proved(file, quantized, OPTIONS);
    String message =
        files.refusal(
            file,
            quantized,
            OPTIONS,
            graph(
                g -> {
                  float[] scales = floats(g, "/a/Conv/weight_scale");
                  scales[2] *= 1e-4f;
                  set(g, "/a/Conv/weight_scale", scales);
                }));

    assertNames("/a/Conv", message);
    assertTrue(message.contains("of the largest value"), message);
    assertTrue(message.contains(OF_THE_OPTIMIZER), message);
  }

  private static GraphProto.Builder twin(Linear l) {
    GraphProto.Builder graph =
        inOut(12, 4)
            .addInitializer(Models.tensor("W", l.weight()))
            .addInitializer(Models.tensor("B", l.bias()))
            .addInitializer(Models.longs("s0", 0))
            .addInitializer(Models.longs("s6", 6))
            .addInitializer(Models.longs("s12", 12))
            .addInitializer(Models.longs("axis", 1))
            .addNode(Models.node("Slice", "/Slice", "l", "x", "s0", "s6", "axis"))
            .addNode(Models.node("Slice", "/Slice_1", "r", "x", "s6", "s12", "axis"));
    for (String side : List.of("l", "r")) {
      String name = side.equals("l") ? "/fc/Gemm" : "/fc/Gemm_1";
      graph.addNode(
          Models.node("Gemm", name, side + "o", side, "W", "B")
              .addAttribute(Models.integer("transB", 1)));
    }
    return graph.addNode(Models.node("Sub", "/Sub", "y", "lo", "ro"));
  }

  @Test
  void everyCallOfALayerIsQuantizedAndProved() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(3, 64, 12);
    x.getColumn(9).muli(8);
    Quantized<Nets.Twin> quantized =
        Nets_TwinQuantizer.of(new Nets.Twin(l)).calibrate(List.of(x), Nets.Twin::forward).freeze();
    OnnxWeights file = file(13, twin(l));

    for (OnnxMapping mapping :
        List.of(
            OnnxMapping.byName(file, quantized),
            OnnxMapping.empty().layer("fc", "/fc/Gemm"),
            OnnxMapping.empty().layer("fc", "/fc/Gemm_1", "/fc/Gemm"))) {
      ProofResult.Proved proof = files.proved(file, quantized, mapping, OPTIONS);
      assertEquals(3, proof.compared(), "two inputs and an output");
      INDArray actual = Models.run(files.out(), x);
      assertTrue(Models.distance(actual, quantized.model().forward(x)) < 1e-5);
    }
    String half =
        files.refusal(
            file,
            quantized,
            OPTIONS,
            graph(
                g -> {
                  g.addInitializer(Models.tensor("W", l.weight()));
                  node(g, "/fc/Gemm_1").setInput(0, "r").setInput(1, "W");
                }));
    assertNames("/fc/Gemm_1", half);
  }

  @Test
  void findsAShapeThatDoesNotRun() throws Exception {
    Linear l = linear(1, 6, 4);
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Models.value("x", -1, 6))
            .addOutput(Models.value("y", -1, 2, 2))
            .addInitializer(Models.longs("i0", 0))
            .addInitializer(Models.longs("two", 2))
            .addNode(Models.node("Shape", "/Shape", "s", "h"))
            .addNode(Models.node("Gather", "/g0", "d0", "s", "i0"))
            .addNode(
                Models.node("Concat", "/c", "shape", "d0", "two", "two")
                    .addAttribute(Models.integer("axis", 0)))
            .addNode(
                Models.node("Reshape", "/view", "v", "h", "shape")
                    .addAttribute(Models.integer("allowzero", 1)))
            .addNode(Models.node("Relu", "/relu", "y", "v"));
    add(graph, "fc", "x", "h", l);
    Quantized<Nets.One> quantized = quantized(l, Models.random(2, 32, 6));

    files.proved(file(18, graph), quantized, OPTIONS);
    String message =
        files.refusal(
            file(18, graph),
            quantized,
            OPTIONS,
            node("/view", view -> view.addAttribute(Models.integer("allowzero", 1))));

    assertNames("/view", message);
  }

  @Test
  void findsAnOutputThatIsQuantizedBehindWhatIsAdded() throws Exception {
    Projection proj = new Projection(Models.random(1, 6, 4));
    INDArray shift = Models.random(3, 4).mul(100);
    INDArray x = Models.random(2, 64, 6);
    Quantized<Nets.Shifted> quantized =
        Nets_ShiftedQuantizer.of(new Nets.Shifted(proj, shift))
            .calibrate(List.of(x), Nets.Shifted::forward)
            .freeze();
    OnnxWeights file =
        file(
            13,
            inOut(6, 4)
                .addInitializer(Models.tensor("W", proj.weight()))
                .addInitializer(Models.tensor("S", shift))
                .addNode(Models.node("MatMul", "/proj/MatMul", "m", "x", "W"))
                .addNode(Models.node("Add", "/Add", "y", "m", "S")));

    files.proved(file, quantized, OPTIONS);
    String message = files.refusal(file, quantized, OPTIONS, graph(ProofTest::behindTheSum));

    assertNames("/proj/MatMul", message);
  }

  /** Moves the pair that quantizes m behind the addition that makes y. */
  private static void behindTheSum(GraphProto.Builder g) {
    node(g, "/proj/MatMul").setOutput(0, "product");
    node(g, "/Add").setInput(0, "product").setOutput(0, "sum");
    NodeProto quantize =
        g.getNodeList().stream().filter(n -> n.getInput(0).equals("m/float")).findFirst().get();
    NodeProto dequantize =
        g.getNodeList().stream().filter(n -> n.getOutput(0).equals("m")).findFirst().get();
    List<NodeProto> others =
        g.getNodeList().stream().filter(n -> !n.equals(quantize) && !n.equals(dequantize)).toList();
    g.clearNode()
        .addAllNode(others)
        .addNode(quantize.toBuilder().setInput(0, "sum"))
        .addNode(dequantize.toBuilder().setOutput(0, "y"))
        .addNode(Models.node("Identity", "/m", "m", "product"));
  }

  @Test
  void findsOtherRoundingAndARangeThatGoesFurther() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 64, 6);
    OnnxWeights file = file(13, one(l));
    for (QuantDescriptor other :
        List.of(
            QuantDescriptor.builder().bits(8).rounding(Rounding.TOWARD_ZERO).build(),
            QuantDescriptor.builder().bits(8).narrowRange(true).build())) {
      Quantized<Nets.One> lost =
          Nets_OneQuantizer.of(new Nets.One(l))
              .describe("fc.x", other)
              .calibrate(List.of(x), Nets.One::forward)
              .freeze();
      Quantized<Nets.One> plain = quantized(l, x);
      OnnxMapping mapping = OnnxMapping.byName(file, plain);
      String refused = files.refusal(file, lost, OPTIONS, UnaryOperator.identity());
      assertTrue(refused.contains("fc.x (int8") && refused.contains("leave out"), refused);

      QdqExport written = new QdqExport(file.file(), plain, mapping, OPTIONS);
      written.expected();
      ModelProto model = written.written();
      OnnxException e =
          assertThrows(
              OnnxException.class,
              () ->
                  Prover.prove(
                      "m.onnx",
                      model.toByteArray(),
                      model,
                      new QdqExport(file.file(), lost, mapping, OPTIONS).expected(),
                      OnnxProof.random(),
                      Map.of()));
      assertNames("/fc/Gemm", e.getMessage());
    }
  }

  @Test
  void findsSmoothingThatIsFoldedPastAShuffle() throws Exception {
    Linear a = linear(1, N, N);
    a.weight().getRow(3).muli(20);
    Linear b = linear(2, N, N);
    Quantized<Nets.Shuffled> quantized =
        Nets_ShuffledQuantizer.of(new Nets.Shuffled(a, b, 2))
            .calibrate(List.of(Models.random(5, 64, N)), Nets.Shuffled::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze();
    GraphProto.Builder graph =
        inOut(N, N)
            .addInitializer(Models.longs("apart", -1, 2, N / 2))
            .addInitializer(Models.longs("together", -1, N))
            .addNode(Models.node("Reshape", "/r1", "h3", "h", "apart"))
            .addNode(
                Models.node("Transpose", "/t", "ht", "h3")
                    .addAttribute(Models.integers("perm", 0, 2, 1)))
            .addNode(Models.node("Reshape", "/r2", "hs", "ht", "together"));
    add(graph, "a", "x", "h", a);
    add(graph, "b", "hs", "y", b);
    OnnxWeights file = file(13, graph);
    OnnxMapping mapping = OnnxMapping.empty().layer("b", "/b/Gemm");

    files.proved(file, quantized, mapping, OPTIONS);
    String refused =
        files.refusal(
            file, quantized, mapping, OPTIONS.withFolded("b", "/a/Gemm"), UnaryOperator.identity());
    assertTrue(refused.contains("node /r2 (Reshape)"), refused);
    assertTrue(refused.contains("leave out withFolded"), refused);
    String message =
        files.refusal(
            file,
            quantized,
            mapping,
            OPTIONS,
            graph(
                g -> {
                  NodeProto.Builder smooth = node(g, "/b/Gemm/smooth");
                  float[] factors = floats(g, smooth.getInput(1));
                  float[] weight = floats(g, "a.weight");
                  float[] bias = floats(g, "a.bias");
                  for (int o = 0; o < N; o++) {
                    bias[o] *= factors[o];
                    for (int i = 0; i < N; i++) {
                      weight[o * N + i] *= factors[o];
                    }
                  }
                  set(g, "a.weight", weight);
                  set(g, "a.bias", bias);
                  float[] ones = new float[N];
                  java.util.Arrays.fill(ones, 1);
                  set(g, smooth.getInput(1), ones);
                }));
    assertNames("/a/Gemm", message);
  }

  private static Nets.Norms norms() {
    INDArray ones = Nd4j.ones(DataType.FLOAT, N);
    INDArray zeros = Nd4j.zeros(DataType.FLOAT, N);
    return new Nets.Norms(
        new LayerNorm(ones, zeros, 1e-5),
        linear(1, N, N),
        new LayerNorm(ones.dup(), zeros.dup(), 1e-5),
        linear(2, N, N));
  }

  private static INDArray outliers() {
    INDArray x = Models.random(3, 64, N);
    x.getColumn(2).muli(30);
    return x;
  }

  private static Quantized<Nets.Norms> smoothed(Nets.Norms net) {
    return Nets_NormsQuantizer.of(net)
        .calibrate(List.of(outliers()), Nets.Norms::forward)
        .smoothQuant(SmoothQuantOptions.alpha(0.5))
        .freeze();
  }

  /** Both norms read one initializer of ones and one of zeros, as exporters write equal tensors. */
  private static OnnxWeights normFile(Nets.Norms net, String first, String second) {
    GraphProto.Builder graph =
        inOut(N, N)
            .addInitializer(Models.tensor("ones", net.norm1().weight()))
            .addInitializer(Models.tensor("zeros", net.norm1().bias()))
            .addNode(Models.node("LayerNormalization", first, "n1", "x", "ones", "zeros"))
            .addNode(Models.node("LayerNormalization", second, "n2", "h", "ones", "zeros"));
    add(graph, "fc1", "n1", "h", net.fc1());
    add(graph, "fc2", "n2", "y", net.fc2());
    return file(17, graph);
  }

  @Test
  void findsANormThatGotAnotherNormsGain() throws Exception {
    Quantized<Nets.Norms> quantized = smoothed(norms());
    OnnxWeights file = normFile(norms(), "/norm1/LN", "/norm2/LN");
    OnnxMapping mapping =
        OnnxMapping.byName(file, quantized)
            .tensor("norm1.weight", "ones")
            .tensor("norm1.bias", "zeros")
            .tensor("norm2.weight", "ones")
            .tensor("norm2.bias", "zeros");

    files.proved(file, quantized, mapping, OPTIONS);
    INDArray expected = quantized.model().forward(outliers());
    assertTrue(Models.distance(Models.run(files.out(), outliers()), expected) < 2e-3);
    String message =
        files.refusal(
            file,
            quantized,
            mapping,
            OPTIONS,
            graph(g -> node(g, "/norm1/LN").setInput(1, node(g, "/norm2/LN").getInput(1))));
    assertNames("/norm1/LN", message);
  }

  @Test
  void aTensorOfSeveralNodesHasToBeToldApart() throws Exception {
    Quantized<Nets.Norms> quantized = smoothed(norms());
    OnnxWeights file = normFile(norms(), "/LN", "/LN_1");
    OnnxMapping layers = OnnxMapping.byName(file, quantized);

    String refused =
        files.refusal(
            file,
            quantized,
            layers
                .tensor("norm1.weight", "ones")
                .tensor("norm1.bias", "zeros")
                .tensor("norm2.weight", "ones")
                .tensor("norm2.bias", "zeros"),
            OPTIONS,
            UnaryOperator.identity());
    assertTrue(refused.contains("mapping.tensor(\"norm1.weight\", \"ones\", \"/LN\")"), refused);

    files.proved(
        file,
        quantized,
        layers
            .tensor("norm1.weight", "ones", "/LN")
            .tensor("norm1.bias", "zeros", "/LN")
            .tensor("norm2.weight", "ones", "/LN_1")
            .tensor("norm2.bias", "zeros", "/LN_1"),
        OPTIONS);
    INDArray expected = quantized.model().forward(outliers());
    assertTrue(Models.distance(Models.run(files.out(), outliers()), expected) < 2e-3);
  }

  @Test
  void findsAnOperatorThatTheOpsetChanged() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray rois = Nd4j.createFromArray(new float[][] {{0.3f, 0.7f, 5.2f, 6.1f}, {1, 1, 7, 4}});
    GraphProto.Builder graph =
        one(l)
            .addInput(Models.value("im", 1, 4, 8, 8))
            .addOutput(Models.value("z", 2, 4, 2, 2))
            .addInitializer(Models.tensor("rois", rois))
            .addInitializer(Models.longs("images", 0, 0))
            .addNode(
                Models.node("RoiAlign", "/roi", "z", "im", "rois", "images")
                    .addAttribute(Models.integer("output_height", 2))
                    .addAttribute(Models.integer("output_width", 2))
                    .addAttribute(Models.integer("sampling_ratio", 2)));
    QuantDescriptor descriptor =
        QuantDescriptor.builder().bits(4).blockSizes(BlockSize.along("I", 2)).build();
    Quantized<Nets.One> blocks =
        Nets_OneQuantizer.of(new Nets.One(l))
            .using(Recipe.of("W4").with(Role.WEIGHT, descriptor))
            .freeze();

    ProofResult.Proved proof = files.proved(file(13, graph), blocks, OnnxOptions.DEFAULT);
    assertEquals(Map.of("session.qdq_matmulnbits_accuracy_level", "1"), proof.settings());
    String message =
        files.refusal(
            file(13, graph),
            blocks,
            OnnxOptions.DEFAULT,
            node("/roi", roi -> roi.removeAttribute(roi.getAttributeCount() - 1)));
    assertNames("/roi", message);
  }

  @Test
  void findsAnInputOfZerosThatPassesValues() throws Exception {
    Linear b = linear(2, 4, 3);
    Quantized<Nets.One> quantized = quantized(b, Nd4j.zeros(DataType.FLOAT, 8, 4));
    INDArray zeros = quantized.model().forward(Models.random(3, 5, 4));
    assertEquals(0, Models.distance(zeros, Nd4j.tile(b.bias().reshape(1, 3), 5, 1)));
    OnnxWeights file = file(13, one(b));
    INDArray x = Models.random(4, 5, 4).mul(3);
    OnnxOptions on = OPTIONS.withProof(OnnxProof.on(List.of(Map.of("x", x))));

    files.proved(file, quantized, on);
    assertEquals(0, Models.distance(Models.run(files.out(), x), zeros));
    String message =
        files.refusal(
            file,
            quantized,
            on,
            node("/fc/Gemm/input/QuantizeLinear", quantize -> quantize.setInput(0, "x")));

    assertNames("/fc/Gemm", message);
  }

  @Test
  void findsAnAlphaThatIsMultipliedTwice() throws Exception {
    Linear a = linear(1, 6, 4);
    Linear b = linear(2, 4, 3);
    Quantized<Nets.Two> quantized =
        Nets_TwoQuantizer.of(new Nets.Two(a, b))
            .calibrate(List.of(Models.random(2, 64, 6)), Nets.Two::forward)
            .freeze();
    GraphProto.Builder graph = inOut(6, 3);
    add(graph, "a", "x", "h", new Linear(a.weight().mul(0.5), a.bias()));
    node(graph, "/a/Gemm").addAttribute(Models.real("alpha", 2));
    add(graph, "b", "h", "y", b);

    files.proved(file(13, graph), quantized, OPTIONS);
    String message =
        files.refusal(
            file(13, graph),
            quantized,
            OPTIONS,
            node("/a/Gemm", gemm -> gemm.addAttribute(Models.real("alpha", 2))));
    assertNames("/a/Gemm", message);
  }

  @Test
  void findsAScaleOrABiasThatIsOffByTwoThousandths() throws Exception {
    Linear l = linear(1, 6, 4);
    OnnxWeights file = file(13, one(l));
    Quantized<Nets.One> quantized = quantized(l, Models.random(2, 64, 6));
    for (String tensor : List.of("/fc/Gemm/weight_scale", "/fc/Gemm/input_scale", "fc.bias")) {
      String message =
          files.refusal(
              file,
              quantized,
              OPTIONS,
              graph(
                  g -> {
                    float[] values = floats(g, tensor);
                    values[0] *= 1.002f;
                    set(g, tensor, values);
                  }));
      assertNames("/fc/Gemm", message);
      assertFalse(message.contains(OF_THE_OPTIMIZER), message);
    }
  }

  @Test
  void aFileThatIsNotTheModelsIsFoundByTheModelsOwnOutputs() throws Exception {
    Linear l = linear(1, 6, 4);
    INDArray x = Models.random(2, 64, 6);
    Quantized<Nets.One> quantized = quantized(l, x);
    GraphProto.Builder graph = one(l).setOutput(0, Models.value("z", -1, 4));
    OnnxProof.OnFeeds data = OnnxProof.on(List.of(x), batch -> Map.of("x", batch));
    OnnxProof.OnFeeds model =
        data.against(feed -> Map.of("z", quantized.model().forward(feed.get("x"))));
    OnnxWeights same = file(13, graph.clone().addNode(Models.node("Identity", "/last", "z", "y")));
    OnnxWeights other = file(13, graph.clone().addNode(Models.node("Relu", "/last", "z", "y")));

    files.proved(same, quantized, OPTIONS.withProof(model));
    files.proved(other, quantized, OPTIONS.withProof(data));
    String message =
        files.refusal(other, quantized, OPTIONS.withProof(model), UnaryOperator.identity());

    assertTrue(message.contains("the float file is not the float model"), message);
  }

  @Test
  void aGraphThatAmplifiesRoundingIsNotRefused() throws Exception {
    // (y + 1e4) - 1e4 leaves three digits of y: what is right differs by more than the bound.
    Linear l = linear(1, 6, 4);
    GraphProto.Builder graph =
        one(l)
            .setOutput(0, Models.value("z", -1, 4))
            .addInitializer(Models.tensor("far", Nd4j.createFromArray(1e4f)))
            .addNode(Models.node("Add", "/away", "a", "y", "far"))
            .addNode(Models.node("Sub", "/back", "z", "a", "far"));

    ProofResult.Proved proof =
        files.proved(file(13, graph), quantized(l, Models.random(2, 64, 6)), OnnxOptions.DEFAULT);

    assertTrue(proof.largest() < 1e-2, "" + proof);
    assertTrue(Files.exists(files.out()));
  }
}
