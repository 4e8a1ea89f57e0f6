package dev.bitfold.onnx.model.prepare;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.INT64;
import static dev.bitfold.onnx.model.GraphBuilder.floats;
import static dev.bitfold.onnx.model.GraphBuilder.graph;
import static dev.bitfold.onnx.model.GraphBuilder.integer;
import static dev.bitfold.onnx.model.GraphBuilder.integers;
import static dev.bitfold.onnx.model.GraphBuilder.longScalar;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static dev.bitfold.onnx.model.GraphBuilder.real;
import static dev.bitfold.onnx.model.GraphBuilder.untyped;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.GraphBuilder;
import dev.bitfold.onnx.model.SmallGraphs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Passes do what they say, and what they say is proved. */
class PreparationTest {
  private static final String AGREES =
      "agrees with the original on random data, to 1e-5 of each output's range";

  @Test
  void foldsWhatStandsBehindAConvolution() throws IOException {
    for (int axes = 1; axes <= 3; axes++) {
      for (int group : new int[] {1, 2}) {
        for (String operation : List.of("Conv", "ConvTranspose")) {
          Object[] sizes = new Object[axes + 2];
          long[] weight = new long[axes + 2];
          long[] perChannel = new long[axes + 1];
          for (int i = 0; i < sizes.length; i++) {
            sizes[i] = i == 0 ? "n" : i == 1 ? 4 : 5;
            weight[i] = 2;
          }
          boolean conv = operation.equals("Conv");
          weight[0] = conv ? 6 : 4;
          weight[1] = conv ? 4 / group : 6 / group;
          perChannel[0] = 6;
          for (int i = 1; i < perChannel.length; i++) {
            perChannel[i] = 1;
          }
          Prepared prepared =
              prepare(
                  norm(
                          GraphBuilder.of(13)
                              .input("x", FLOAT, sizes)
                              .output("y", FLOAT)
                              .node(
                                  node(operation, "c", List.of("x", "w"), "a")
                                      .addAttribute(integer("group", group)))
                              .weight("w", weight)
                              .node(node("Mul", "scale", List.of("one", "a"), "b"))
                              .constant(floats("one", new float[] {1.7f}, 1))
                              .node(node("Add", "shift", List.of("b", "channels"), "d"))
                              .weight("channels", perChannel)
                              .node(node("Sub", "turned", List.of("number", "d"), "e"))
                              .constant(floats("number", new float[] {0.4f}))
                              .node(node("Div", "part", List.of("e", "third"), "f"))
                              .constant(floats("third", new float[] {3f}, 1, 1)),
                          "f",
                          "y",
                          6)
                      .model());
          assertEquals(List.of("c"), names(prepared), operation + axes + " " + prepared.report());
          assertEquals(AGREES, prepared.report().proof());
        }
      }
    }
  }

  @Test
  void foldsWhatStandsBehindAGemm() throws IOException {
    for (int turned : new int[] {0, 1}) {
      for (String bias : List.of("", "vector", "row", "number")) {
        GraphBuilder builder = GraphBuilder.of(13).input("x", FLOAT, "n", 5).output("y", FLOAT);
        List<String> inputs = new ArrayList<>(List.of("x", "w"));
        if (!bias.isEmpty()) {
          inputs.add(bias);
        }
        builder
            .node(
                node("Gemm", "g", inputs, "a")
                    .addAttribute(integer("transB", turned))
                    .addAttribute(real("alpha", 0.5f))
                    .addAttribute(real("beta", 3)))
            .weight("w", turned == 1 ? 6 : 5, turned == 1 ? 5 : 6);
        switch (bias) {
          case "vector" -> builder.weight("vector", 6);
          case "row" -> builder.weight("row", 1, 6);
          case "number" -> builder.constant(floats("number", new float[] {0.3f}));
          default -> {}
        }
        builder.node(node("Add", "shift", List.of("a", "six"), "b")).weight("six", 6);
        Prepared prepared = prepare(norm(builder, "b", "y", 6).model());
        assertEquals(List.of("g"), names(prepared), bias + turned + " " + prepared.report());
        assertEquals(AGREES, prepared.report().proof());
      }
    }
  }

  @Test
  void leavesWhatIsNoFactorOfAChannel() throws IOException {
    // An image, another value, and a value that two nodes read.
    assertEquals(2, names(prepare(behindConv("Add", floatsOf(7 * 7), 1, 7, 7))).size());
    assertEquals(2, names(prepare(behindConv("Mul", floatsOf(7), 7))).size());
    assertEquals(2, names(prepare(behindConv("Mul", floatsOf(6), 1, 1, 6, 1, 1))).size());
    ModelProto twice = behindConv("Mul", floatsOf(1), 1);
    assertEquals(1, names(prepare(twice)).size());
    GraphProto.Builder graph = twice.getGraph().toBuilder();
    graph.addOutput(untyped("a", FLOAT));
    assertEquals(2, names(prepare(twice.toBuilder().setGraph(graph).build())).size());
    assertEquals(2, names(prepare(behindConv("Mul", new float[] {Float.MAX_VALUE}, 1))).size());
  }

  @Test
  void foldsIntoOneOfTwoThatShareAWeight() throws IOException {
    Prepared prepared =
        prepare(
            GraphBuilder.of(13)
                .input("x", FLOAT, "n", 4, 7)
                .output("y", FLOAT)
                .output("z", FLOAT)
                .node(node("Conv", "c1", List.of("x", "w", "b"), "a"))
                .node(node("Conv", "c2", List.of("x", "w", "b"), "z"))
                .node(node("Mul", "scale", List.of("a", "two"), "y"))
                .weight("w", 6, 4, 2)
                .weight("b", 6)
                .constant(floats("two", new float[] {2.5f}, 1))
                .model());
    assertEquals(List.of("c1", "c2"), names(prepared));
    assertEquals(AGREES, prepared.report().proof());
  }

  @Test
  void mergesFactorsInARow() throws IOException {
    Prepared prepared =
        prepare(
            GraphBuilder.of(13)
                .input("x", FLOAT, "n", 4, 7)
                .output("y", FLOAT)
                .node(node("Mul", "m1", List.of("x", "two"), "a"))
                .node(node("Div", "d2", List.of("a", "six"), "b"))
                .node(node("Mul", "m3", List.of("vector", "b"), "y"))
                .constant(floats("two", new float[] {2.5f}, 1))
                .constant(floats("six", new float[] {6f}))
                .weight("vector", 4, 1)
                .model());
    assertEquals(List.of("m3"), names(prepared));
    assertEquals("Mul", prepared.file().model().getGraph().getNode(0).getOpType());
    assertEquals(AGREES, prepared.report().proof());
  }

  @Test
  void keepsAQuotientOnItsOwn() throws IOException {
    Prepared prepared =
        prepare(
            GraphBuilder.of(13)
                .input("x", FLOAT, "n", 4)
                .output("y", FLOAT)
                .node(node("Div", "d", List.of("x", "six"), "y"))
                .constant(floats("six", new float[] {6f}))
                .model());
    assertEquals("Div", prepared.file().model().getGraph().getNode(0).getOpType());
  }

  @Test
  void bindsAnInputSoThatBranchesFold() throws IOException {
    ModelProto model =
        GraphBuilder.of(13)
            .input("x", FLOAT, "n", 16)
            .input("sr", INT64)
            .output("y", FLOAT)
            .node(node("Equal", "is16k", List.of("sr", "k"), "c"))
            .constant(longScalar("k", 16_000))
            .node(
                node("If", "rate", List.of("c"), "y")
                    .addAttribute(graph("then_branch", branch("wide", "w", "o")))
                    .addAttribute(graph("else_branch", branch("narrow", "v", "o2"))))
            .weight("w", 16, 8)
            .weight("v", 16, 8)
            .model();
    Prepared prepared = prepare(model, Map.of("sr", Nd4j.scalar(16_000L)));
    assertEquals(
        List.of("MatMul"),
        prepared.file().model().getGraph().getNodeList().stream()
            .map(NodeProto::getOpType)
            .toList());
    assertEquals(
        List.of("x"),
        prepared.file().model().getGraph().getInputList().stream().map(i -> i.getName()).toList());
    assertEquals(AGREES, prepared.report().proof());
    String name = prepared.file().model().getGraph().getNode(0).getName();
    assertEquals("wide", prepared.originalName(name), name);
    assertEquals(
        "m.onnx: has no input 'rs' to bind; its inputs are [x, sr]",
        refusal(model, Map.of("rs", Nd4j.scalar(1))));
    assertEquals(
        "m.onnx: input x cannot be bound to a value: it is declared with the shape [?n, 16], the"
            + " value has [2, 8]",
        refusal(model, Map.of("x", Nd4j.zeros(2, 8))));
  }

  @Test
  void keepsWhatBodiesReadFromOutside() throws IOException {
    for (String name : List.of("if-input", "loop")) {
      ModelProto model = SmallGraphs.of(name);
      Prepared prepared = prepare(model);
      assertEquals(AGREES, prepared.report().proof());
      assertEquals(2, names(prepared).size());
    }
  }

  @Test
  void namesThePassThatChangesAnOutputAndLeavesItOut() throws IOException {
    List<Pass> passes = new ArrayList<>(Preparation.PASSES);
    passes.add(1, Pass.of("doubling weights", (file, changes) -> doubled(file)));
    PrepareReport report =
        Preparation.of(file(SmallGraphs.of("matmul-bias")), Map.of(), Preparation.MAX_WHOLE, passes)
            .report();
    PrepareReport.Pass left = report.passes().get(report.passes().size() - 1);
    assertEquals(List.of("doubling weights"), left.names());
    assertTrue(
        left.what()
            .matches(
                "left out, as it changes the outputs \\(output y differs by .* of its range\\)"),
        left.what());
    assertEquals(AGREES, report.proof());
  }

  @Test
  void leavesNoTemporaryFile() throws IOException {
    prepare(SmallGraphs.of("bn-conv"));
    assertThrows(
        OnnxException.class,
        () ->
            prepare(
                GraphBuilder.of(13)
                    .input("x", FLOAT, 2)
                    .output("y", FLOAT)
                    .node(node("None", "n", List.of("x"), "y"))
                    .model()));
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      String mine = WorkFolder.PREFIX;
      assertEquals(
          List.of(), files.filter(f -> f.getFileName().toString().startsWith(mine)).toList());
    }
  }

  static Stream<String> names() {
    return SmallGraphs.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void isTheSameInPieces(String name) throws IOException {
    OnnxFile file = file(SmallGraphs.of(name));
    Prepared whole = Preparation.of(file, Map.of());
    Prepared pieces = Preparation.of(file, Map.of(), 0, Preparation.PASSES);
    assertEquals(whole.report().toString(), pieces.report().toString());
    assertEquals(lines(whole), lines(pieces));
    Map<String, TensorProto> tensors = new java.util.HashMap<>();
    whole.file().model().getGraph().getInitializerList().forEach(t -> tensors.put(t.getName(), t));
    for (TensorProto tensor : pieces.file().model().getGraph().getInitializerList()) {
      TensorProto other = tensors.get(tensor.getName());
      assertTrue(other != null && other.getRawData().equals(tensor.getRawData()), tensor.getName());
    }
    assertFalse(pieces.report().proof().isEmpty());
  }

  /** Nodes without their attributes, which ONNX Runtime writes in any order. */
  private static List<String> lines(Prepared prepared) {
    return prepared.file().model().getGraph().getNodeList().stream()
        .map(n -> n.getName() + n.getOpType() + n.getInputList() + n.getOutputList())
        .toList();
  }

  private static OnnxFile doubled(OnnxFile file) {
    GraphProto.Builder graph = file.model().getGraph().toBuilder();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      TensorProto tensor = graph.getInitializer(i);
      if (tensor.getDimsCount() == 2) {
        float[] values = new float[tensor.getRawData().size() / 4];
        tensor
            .getRawData()
            .asReadOnlyByteBuffer()
            .order(java.nio.ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer()
            .get(values);
        for (int k = 0; k < values.length; k++) {
          values[k] *= 2;
        }
        graph.setInitializer(
            i, floats(tensor.getName(), values, tensor.getDims(0), tensor.getDims(1)));
      }
    }
    return new OnnxFile(file.name(), file.model().toBuilder().setGraph(graph).build());
  }

  private static ModelProto behindConv(String operation, float[] constant, long... shape) {
    return GraphBuilder.of(13)
        .input("x", FLOAT, "n", 4, 9, 9)
        .output("y", FLOAT)
        .node(node("Conv", "c", List.of("x", "w"), "a").addAttribute(integers("strides", 1, 1)))
        .weight("w", 6, 4, 3, 3)
        .node(node(operation, "after", List.of("a", "k"), "y"))
        .constant(floats("k", constant, shape))
        .model();
  }

  private static float[] floatsOf(int length) {
    Random random = new Random(7);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat() + 0.5f;
    }
    return values;
  }

  private static GraphProto branch(String node, String weight, String out) {
    return GraphProto.newBuilder()
        .setName(node)
        .addNode(node("MatMul", node, List.of("x", weight), out))
        .addOutput(untyped(out, FLOAT))
        .build();
  }

  private static GraphBuilder norm(GraphBuilder builder, String in, String out, int channels) {
    return builder
        .node(
            node("BatchNormalization", "bn", List.of(in, "gamma", "beta", "mean", "var"), out)
                .addAttribute(real("epsilon", 1e-3f)))
        .constant(floats("gamma", floatsOf(channels), channels))
        .weight("beta", channels)
        .weight("mean", channels)
        .constant(floats("var", floatsOf(channels), channels));
  }

  private static List<String> names(Prepared prepared) {
    return prepared.file().model().getGraph().getNodeList().stream()
        .map(NodeProto::getName)
        .toList();
  }

  private static OnnxFile file(ModelProto model) {
    return OnnxWeights.of("m.onnx", model.toByteArray()).file();
  }

  private static Prepared prepare(ModelProto model) throws IOException {
    return prepare(model, Map.of());
  }

  private static Prepared prepare(ModelProto model, Map<String, INDArray> bound)
      throws IOException {
    return Preparation.of(file(model), bound);
  }

  private static String refusal(ModelProto model, Map<String, INDArray> bound) {
    return String.valueOf(
        assertThrows(OnnxException.class, () -> prepare(model, bound)).getMessage());
  }
}
