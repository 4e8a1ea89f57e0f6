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
import static dev.bitfold.onnx.export.ProofFiles.set;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layers.Conv1d;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.Window;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.Net;
import dev.bitfold.onnx.NetQuantizer;
import dev.bitfold.onnx.Nets;
import dev.bitfold.onnx.Nets_ConvsQuantizer;
import dev.bitfold.onnx.Nets_OneQuantizer;
import dev.bitfold.onnx.Nets_SequenceQuantizer;
import dev.bitfold.onnx.Nets_TwinQuantizer;
import dev.bitfold.onnx.Nets_TwoQuantizer;
import dev.bitfold.onnx.Nets_WordsQuantizer;
import dev.bitfold.onnx.file.OnnxInfo;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.graph.OnnxGraph;
import dev.bitfold.onnx.graph.OnnxValue;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.quantizer.Quantizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Models that no data has been seen of: inputs whose scale each run computes, or weights alone. */
@Tag("slow")
@Tag("any-jdk")
class DynamicExportTest {
  private static final QuantDescriptor DYNAMIC =
      QuantDescriptor.builder().bits(8).unsigned(true).affine(true).dynamic(true).build();

  private static final Net NET =
      new Net(
          new dev.bitfold.onnx.Linear(Models.random(1, 64, 32), Models.random(2, 32)),
          new dev.bitfold.onnx.Linear(Models.random(3, 32, 16), Models.random(4, 16)));

  @TempDir Path folder;
  private ProofFiles files;

  @BeforeEach
  void files() {
    files = new ProofFiles(folder);
  }

  private static OnnxWeights net() {
    return file(11, Models.net(NET));
  }

  private static Quantized<Nets.One> dynamic(Linear l) {
    return Nets_OneQuantizer.of(new Nets.One(l)).using(Recipe.ONNX_DYNAMIC).freeze();
  }

  private GraphProto written() throws Exception {
    return ModelProto.parseFrom(Files.readAllBytes(files.out())).getGraph();
  }

  private List<String> operators() throws Exception {
    return written().getNodeList().stream().map(NodeProto::getOpType).toList();
  }

  @Test
  void writesProductsOfIntegersThatComputeWhatTheModelDoes() throws Exception {
    Quantized<Net> quantized = NetQuantizer.of(NET).using(Recipe.ONNX_DYNAMIC).freeze();
    OnnxMapping mapping = OnnxMapping.byName(net(), quantized);

    OnnxQdq.Exported exported =
        files.export(net(), quantized, mapping, OnnxOptions.DEFAULT, UnaryOperator.identity());

    assertEquals(List.of("first.x", "second.x"), exported.dynamic());
    ProofResult.Proved proof = (ProofResult.Proved) exported.proof();
    assertEquals(3, proof.compared(), "two inputs and an output");
    assertEquals(List.of(), proof.unmoved());
    assertEquals(
        List.of(
            "DynamicQuantizeLinear",
            "MatMulInteger",
            "Cast",
            "Mul",
            "Mul",
            "Add",
            "DynamicQuantizeLinear",
            "MatMulInteger",
            "Cast",
            "Mul",
            "Mul",
            "Add"),
        operators());
    INDArray x = Models.outliers(5, 50, 64);
    INDArray expected = quantized.model().forward(x);
    assertTrue(Models.distance(NET.forward(x), expected) > 1e-2, "nothing is quantized");
    // A code beside a tie may go to the other side.
    assertTrue(Models.distance(Models.run(files.out(), x), expected) < 2e-3);
    List<OnnxInfo.QuantizedNode> known = OnnxInfo.of(files.out()).quantized();
    assertEquals(List.of("UINT8, dynamic", "UINT8, dynamic"), inputs(known));
  }

  private static List<String> inputs(List<OnnxInfo.QuantizedNode> nodes) {
    return nodes.stream().map(OnnxInfo.QuantizedNode::input).toList();
  }

  @Test
  void theQuantizerIsDynamicQuantizeLinearToTheBit() throws Exception {
    GraphProto.Builder both =
        GraphProto.newBuilder()
            .addInput(Models.value("x", -1))
            .addOutput(Models.value("y", -1))
            .addNode(
                NodeProto.newBuilder()
                    .setOpType("DynamicQuantizeLinear")
                    .addInput("x")
                    .addOutput("q")
                    .addOutput("s")
                    .addOutput("z"))
            .addNode(Models.node("DequantizeLinear", "d", "y", "q", "s", "z"));
    Files.write(files.out(), Models.model(13, both).toByteArray());
    Quantizer quantizer = Quantizer.of(DYNAMIC);
    Random random = new Random(17);
    List<INDArray> tensors = new ArrayList<>();
    for (int t = 0; t < 200; t++) {
      INDArray x = Models.random(t, 1 + random.nextInt(300));
      tensors.add(x.muli(Math.pow(10, random.nextInt(9) - 4)).addi(random.nextInt(7) - 3));
    }
    tensors.add(Nd4j.createFromArray(0f, 0f, 0f));
    tensors.add(Nd4j.createFromArray(3f, 4f));
    tensors.add(Nd4j.createFromArray(-3f, -4f));
    for (INDArray x : tensors) {
      assertArrayEquals(
          Models.run(files.out(), x).toFloatVector(),
          quantizer.quantize(x).add(0f).toFloatVector(),
          () -> "seed 17, " + x);
    }
  }

  @Test
  void gemmsAndLayersThatShareAnInput() throws Exception {
    Linear a = linear(1, 6, 5);
    Linear b = linear(2, 6, 5);
    GraphProto.Builder graph = inOut(6, 5);
    add(graph, "a", "x", "h", a);
    add(graph, "b", "x", "g", b);
    graph.addNode(Models.node("Add", "/Add", "y", "h", "g"));
    Quantized<Nets.Two> quantized =
        Nets_TwoQuantizer.of(new Nets.Two(a, b)).using(Recipe.ONNX_DYNAMIC).freeze();

    files.proved(file(11, graph), quantized, OPTIONS);

    assertEquals(1, operators().stream().filter(op -> op.equals("DynamicQuantizeLinear")).count());
    assertEquals(2, operators().stream().filter(op -> op.equals("MatMulInteger")).count());
    assertEquals(0, operators().stream().filter(op -> op.equals("Gemm")).count());
  }

  @Test
  void aLayerThatIsCalledTwiceHoldsItsWeightOnce() throws Exception {
    Linear l = linear(1, 4, 3);
    GraphProto.Builder graph =
        inOut(8, 3)
            .addInitializer(Models.longs("half", 4, 4))
            .addNode(
                Models.node("Split", "/Split", "l", "x", "half")
                    .addOutput("r")
                    .addAttribute(Models.integer("axis", 1)));
    add(graph, "fc", "l", "yl", l);
    graph
        .addNode(
            Models.node("Gemm", "/fc/Gemm_1", "yr", "r", "fc.weight", "fc.bias")
                .addAttribute(Models.integer("transB", 1)))
        .addNode(Models.node("Sub", "/Sub", "y", "yl", "yr"));
    Quantized<Nets.Twin> quantized =
        Nets_TwinQuantizer.of(new Nets.Twin(l)).using(Recipe.ONNX_DYNAMIC).freeze();

    files.proved(file(13, graph), quantized, OnnxOptions.DEFAULT);

    assertEquals(
        1,
        written().getInitializerList().stream()
            .filter(
                t -> t.getDataType() == TensorProto.DataType.INT8_VALUE && t.getDimsCount() == 2)
            .count());
  }

  @Test
  void smoothedLayersMultiplyFirst() throws Exception {
    Plan<Net> plan = NetQuantizer.of(NET).using(Recipe.ONNX_DYNAMIC.withSmoothQuant(0.5));
    Quantized<Net> quantized =
        plan.calibrate(List.of(Models.outliers(5, 50, 64)), Net::forward).smoothQuant().freeze();

    ProofResult.Proved proof = files.proved(net(), quantized, OnnxOptions.DEFAULT);

    assertEquals(3, proof.compared());
    assertEquals(6, operators().stream().filter(op -> op.equals("Mul")).count());
  }

  @Test
  void convolutionsOfAnyRank() throws Exception {
    Nets.Convs convs =
        new Nets.Convs(
            new Conv2d(
                Models.random(1, 4, 3, 3, 3),
                Models.random(2, 4),
                Window.UNIT.withPadding(1),
                Window.UNIT.withPadding(1),
                1),
            new Conv2d(
                Models.random(3, 6, 2, 3, 3), Models.random(4, 6), Window.UNIT, Window.UNIT, 2));
    OnnxGraph graph = OnnxGraph.named("convs");
    OnnxValue x = graph.input("x", -1, 3, 8, 8);
    graph.output("y", x.layer("a", convs.a()).relu().layer("b", convs.b()));
    Quantized<Nets.Convs> quantized =
        Nets_ConvsQuantizer.of(convs).using(Recipe.ONNX_DYNAMIC).freeze();

    OnnxQdq.Exported exported = graph.export(quantized, Nets.Convs::forward, files.out());

    assertEquals(List.of("a.x", "b.x"), exported.dynamic());
    assertEquals(2, operators().stream().filter(op -> op.equals("ConvInteger")).count());

    Nets.Sequence sequence =
        new Nets.Sequence(new Conv1d(Models.random(5, 4, 3, 3), Models.random(6, 4)));
    OnnxGraph line = OnnxGraph.named("line");
    line.output("y", line.input("x", -1, 3, 9).layer("conv", sequence.conv()));
    line.export(
        Nets_SequenceQuantizer.of(sequence).using(Recipe.ONNX_DYNAMIC).freeze(),
        Nets.Sequence::forward,
        files.out());
    assertEquals(1, operators().stream().filter(op -> op.equals("ConvInteger")).count());
  }

  @Test
  void theRowsOfABatchMoveEachOther() throws Exception {
    Quantized<Net> quantized = NetQuantizer.of(NET).using(Recipe.ONNX_DYNAMIC).freeze();
    files.proved(net(), quantized, OnnxOptions.DEFAULT);
    INDArray x = Models.random(5, 8, 64);
    INDArray loud = x.dup();
    loud.getRow(7).muli(10);

    INDArray quiet = Models.run(files.out(), x).getRow(0).dup();
    INDArray moved = Models.run(files.out(), loud).getRow(0).dup();

    assertTrue(Models.distance(moved, quiet) > 1e-2, "as the warning says");
  }

  @Test
  void weightsAlone() throws Exception {
    Quantized<Net> quantized = NetQuantizer.of(NET).using(Recipe.INT8_WEIGHTS).freeze();

    OnnxQdq.Exported exported =
        files.export(
            net(),
            quantized,
            OnnxMapping.byName(net(), quantized),
            OnnxOptions.DEFAULT,
            UnaryOperator.identity());

    assertEquals(List.of(), exported.dynamic());
    // Without it, ONNX Runtime 1.29 rounds the inputs to 8 bits, too.
    assertEquals(
        Map.of("session.disable_quant_qdq", "1"),
        ((ProofResult.Proved) exported.proof()).settings());
    assertEquals(
        List.of("DequantizeLinear", "MatMul", "Add", "DequantizeLinear", "MatMul", "Add"),
        operators());
    INDArray x = Models.random(5, 8, 64);
    assertTrue(Models.distance(Models.run(files.out(), x), quantized.model().forward(x)) < 1e-5);
  }

  @Test
  void findsAScaleAZeroPointAndAnInputThatAreNotTheModels() throws Exception {
    Linear l = linear(1, 6, 4);
    OnnxWeights file = file(13, one(l));
    Quantized<Nets.One> quantized = dynamic(l);

    String scale =
        files.refusal(
            file,
            quantized,
            OPTIONS,
            graph(
                g -> {
                  float[] scales = floats(g, "/fc/Gemm/weight_scale");
                  scales[2] *= 1.01f;
                  set(g, "/fc/Gemm/weight_scale", scales);
                }));
    String zero =
        files.refusal(
            file,
            quantized,
            OPTIONS,
            graph(
                g -> {
                  g.addInitializer(
                      TensorProto.newBuilder()
                          .setName("seven")
                          .setDataType(TensorProto.DataType.UINT8_VALUE)
                          .addInt32Data(7));
                  node(g, "/fc/Gemm").setInput(2, "seven");
                }));
    String input =
        files.refusal(
            file,
            quantized,
            OPTIONS,
            graph(
                g -> {
                  g.addNode(Models.node("Clip", "/clip", "clipped", "x", "low", "high"));
                  g.addInitializer(Models.tensor("low", Nd4j.scalar(-0.5f)));
                  g.addInitializer(Models.tensor("high", Nd4j.scalar(0.5f)));
                  NodeProto.Builder quantize =
                      node(g, "/fc/Gemm/input/DynamicQuantizeLinear").setInput(0, "clipped");
                  NodeProto moved = quantize.build();
                  g.removeNode(g.getNodeList().indexOf(moved));
                  List<NodeProto> rest = List.copyOf(g.getNodeList());
                  g.clearNode().addNode(rest.get(rest.size() - 1)).addNode(moved);
                  g.addAllNode(rest.subList(0, rest.size() - 1));
                }));

    assertNames("/fc/Gemm", scale.replace("/fc/Gemm/Add ", "/fc/Gemm "));
    assertTrue(zero.contains("/fc/Gemm"), zero);
    assertTrue(input.contains("the input of node /fc/Gemm (fc.x)"), input);
  }

  @Test
  void refusesWhatTheOperatorsCannotSay() throws Exception {
    Linear l = linear(1, 6, 4);
    OnnxWeights file = file(13, one(l));
    Plan<Nets.One> plan = Nets_OneQuantizer.of(new Nets.One(l)).using(Recipe.ONNX_DYNAMIC);

    for (QuantDescriptor other :
        List.of(
            QuantDescriptor.builder().bits(8).dynamic(true).build(),
            QuantDescriptor.builder().bits(8).per("NT").dynamic(true).build(),
            DYNAMIC.toBuilder().bits(4).build())) {
      refused(file, plan.describe("fc.x", other).freeze(), "fc.x (", "Recipe.ONNX_DYNAMIC");
    }
    refused(
        file,
        plan.describe("fc.output", DYNAMIC).freeze(),
        "fc.output (",
        "takes its scale from each tensor");
    refused(file, plan.skip("fc.weight").freeze(), "node /fc/Gemm", "quantize the weight");
    refused(
        file,
        plan.describe(
                "fc.weight",
                QuantDescriptor.builder().bits(8).blockSizes(BlockSize.along("I", 3)).build())
            .freeze(),
        "node /fc/Gemm",
        "one per output channel");
  }

  private void refused(OnnxWeights file, Quantized<Nets.One> quantized, String what, String remedy)
      throws Exception {
    String message = files.refusal(file, quantized, OPTIONS, UnaryOperator.identity());
    assertTrue(message.contains(what) && message.contains(remedy), message);
  }

  @Test
  void roundsWeightsAndTablesAsTheRuntimesQuantizer() throws Exception {
    Linear l = linear(1, 64, 32);
    INDArray table = Models.random(3, 20, 64);
    Nets.Words words = new Nets.Words(new dev.bitfold.layers.Embedding(table), l);
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Models.typed("ids", TensorProto.DataType.INT64_VALUE, -1))
            .addOutput(Models.value("y", -1, 32))
            .addInitializer(Models.tensor("table.weight", table))
            .addNode(Models.node("Gather", "/table/Gather", "h", "table.weight", "ids"));
    add(graph, "fc", "h", "y", l);
    Quantized<Nets.Words> quantized =
        Nets_WordsQuantizer.of(words).using(Recipe.ONNX_DYNAMIC).skip("table").freeze();

    files.proved(
        file(13, graph),
        quantized,
        OnnxOptions.DEFAULT
            .withEmbeddings("/table/Gather")
            .withRuntimeRounding(true)
            .withProof(
                OnnxProof.on(List.of(Map.of("ids", Nd4j.createFromArray(0L, 3L, 7L, 19L))))));

    float[][] w = l.weight().transpose().dup('c').toFloatMatrix();
    byte[] codes = bytes("/fc/Gemm/weight_quantized");
    float[] scales = floats(written().toBuilder(), "/fc/Gemm/weight_scale");
    for (int c = 0; c < 32; c++) {
      int column = c;
      float amax =
          (float) IntStream.range(0, 64).mapToDouble(i -> Math.abs(w[i][column])).max().orElse(0);
      assertEquals(amax / 64, scales[c]);
      for (int i = 0; i < 64; i++) {
        assertEquals((byte) Math.rint(w[i][c] / (amax / 64)), codes[i * 32 + c]);
      }
    }
    float amax = table.amaxNumber().floatValue();
    float step = 2 * amax / 255;
    assertArrayEquals(
        new float[] {step}, floats(written().toBuilder(), "/table/Gather/table_scale"));
    int zero = (int) Math.rint(amax / (2.0 * amax / 255));
    assertEquals((byte) zero, bytes("/table/Gather/table_zero_point")[0]);
    byte[] rows = bytes("/table/Gather/table_quantized");
    for (int i = 0; i < rows.length; i++) {
      double code = Math.rint(table.getFloat(i / 64, i % 64) / step) + zero;
      assertEquals((byte) Math.min(Math.max(code, 0), 255), rows[i]);
    }
  }

  private byte[] bytes(String initializer) throws Exception {
    return written().getInitializerList().stream()
        .filter(t -> t.getName().equals(initializer))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no initializer " + initializer))
        .getRawData()
        .toByteArray();
  }

  @Test
  void runtimeRoundingIsForInt8Weights() throws Exception {
    Linear l = linear(1, 6, 4);
    Recipe int4 =
        Recipe.of("Int4").with(Role.WEIGHT, QuantDescriptor.builder().bits(4).per("O").build());
    OnnxWeights file = file(13, one(l));
    OnnxOptions options = OPTIONS.withRuntimeRounding(true);

    String message =
        files.refusal(
            file,
            Nets_OneQuantizer.of(new Nets.One(l)).using(int4).freeze(),
            options,
            UnaryOperator.identity());
    String compressed =
        files.refusal(file, dynamic(l).compress(), options, UnaryOperator.identity());

    assertTrue(message.contains("fc.weight (") && message.contains("int8"), message);
    assertTrue(compressed.contains("export before compress()"), compressed);
  }
}
