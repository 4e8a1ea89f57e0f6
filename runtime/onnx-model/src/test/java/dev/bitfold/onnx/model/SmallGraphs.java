package dev.bitfold.onnx.model;

import static dev.bitfold.onnx.model.GraphBuilder.BOOL;
import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.FLOAT16;
import static dev.bitfold.onnx.model.GraphBuilder.INT64;
import static dev.bitfold.onnx.model.GraphBuilder.INT8;
import static dev.bitfold.onnx.model.GraphBuilder.floats;
import static dev.bitfold.onnx.model.GraphBuilder.graph;
import static dev.bitfold.onnx.model.GraphBuilder.integer;
import static dev.bitfold.onnx.model.GraphBuilder.integers;
import static dev.bitfold.onnx.model.GraphBuilder.longScalar;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static dev.bitfold.onnx.model.GraphBuilder.real;
import static dev.bitfold.onnx.model.GraphBuilder.tensor;
import static dev.bitfold.onnx.model.GraphBuilder.text;
import static dev.bitfold.onnx.model.GraphBuilder.untyped;
import static dev.bitfold.onnx.model.GraphBuilder.value;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;

/**
 * Thirty small models, each with one thing that files in the wild have: where weights stand, of
 * which types and shapes they are, what stands around them. Each takes {@code x} and yields {@code
 * y}; {@code if-input} also takes the condition {@code c}.
 */
public final class SmallGraphs {
  private SmallGraphs() {}

  /** The models by name. */
  public static Map<String, ModelProto> all() {
    Map<String, ModelProto> all = new LinkedHashMap<>();
    all.put(
        "matmul-bias",
        rows(13)
            .node(node("MatMul", "fc", List.of("x", "w"), "a"))
            .node(node("Add", "add", List.of("a", "b"), "y"))
            .weight("w", 16, 8)
            .weight("b", 8)
            .model());
    all.put(
        "unnamed",
        rows(13)
            .node(node("MatMul", "", List.of("x", "w"), "a"))
            .node(node("Relu", "", List.of("a"), "r"))
            .node(node("MatMul", "", List.of("r", "v"), "y"))
            .weight("w", 16, 8)
            .weight("v", 8, 4)
            .model());
    all.put(
        "gemm-transB",
        of(13, "n", 16)
            .node(
                node("Gemm", "fc", List.of("x", "w", "b"), "y")
                    .addAttribute(integer("transB", 1))
                    .addAttribute(real("alpha", 0.5f))
                    .addAttribute(real("beta", 2)))
            .weight("w", 8, 16)
            .weight("b", 8)
            .model());
    all.put(
        "gemm-transA",
        of(13, 16, "n")
            .node(
                node("Gemm", "fc", List.of("x", "w", "b"), "y").addAttribute(integer("transA", 1)))
            .weight("w", 16, 8)
            .weight("b", 8)
            .model());
    all.put(
        "identity-w", behind(node("Identity", "", List.of("w"), "w2")).weight("w", 16, 8).model());
    all.put(
        "transpose-w",
        behind(node("Transpose", "", List.of("w"), "w2").addAttribute(integers("perm", 1, 0)))
            .weight("w", 8, 16)
            .model());
    all.put(
        "cast-fp16-w",
        behind(node("Cast", "", List.of("w"), "w2").addAttribute(integer("to", FLOAT)))
            .half("w", 16, 8)
            .model());
    all.put(
        "fp16-all",
        GraphBuilder.of(13)
            .input("x", FLOAT16, "n", 5, 16)
            .output("y", FLOAT16)
            .node(node("MatMul", "fc", List.of("x", "w"), "y"))
            .half("w", 16, 8)
            .model());
    all.put(
        "fp16-inside",
        rows(13)
            .node(node("Cast", "", List.of("x"), "h").addAttribute(integer("to", FLOAT16)))
            .node(node("MatMul", "fc", List.of("h", "w"), "z"))
            .node(node("Cast", "", List.of("z"), "y").addAttribute(integer("to", FLOAT)))
            .half("w", 16, 8)
            .model());
    all.put(
        "dq-w",
        behind(node("DequantizeLinear", "", List.of("q", "s"), "w2"))
            .constant(codes("q", 16, 8))
            .constant(floats("s", new float[] {0.01f}))
            .model());
    all.put(
        "w-left",
        rows(13).node(node("MatMul", "fc", List.of("w", "x"), "y")).weight("w", 8, 5).model());
    all.put("w-rank3", simple(13).weight("w", 1, 16, 8).model());
    all.put(
        "shared-w",
        rows(13)
            .node(node("MatMul", "fc1", List.of("x", "w"), "a"))
            .node(node("Relu", "", List.of("a"), "r"))
            .node(node("MatMul", "fc2", List.of("r", "w"), "y"))
            .weight("w", 16, 16)
            .model());
    all.put(
        "two-activations",
        rows(13)
            .node(node("MatMul", "fc", List.of("x", "w"), "a"))
            .node(node("Transpose", "", List.of("a"), "t").addAttribute(integers("perm", 0, 2, 1)))
            .node(node("MatMul", "qk", List.of("a", "t"), "y"))
            .weight("w", 16, 8)
            .model());
    all.put(
        "conv1d",
        rows(13)
            .node(
                node("Conv", "c", List.of("x", "w", "b"), "y").addAttribute(integers("pads", 1, 1)))
            .weight("w", 8, 5, 3)
            .weight("b", 8)
            .model());
    all.put(
        "conv2d-group",
        of(13, "n", 4, 9, 9)
            .node(
                node("Conv", "c", List.of("x", "w"), "y")
                    .addAttribute(integer("group", 2))
                    .addAttribute(text("auto_pad", "SAME_UPPER"))
                    .addAttribute(integers("strides", 2, 2)))
            .weight("w", 8, 2, 3, 3)
            .model());
    all.put(
        "conv3d",
        of(13, "n", 4, 5, 6, 7)
            .node(node("Conv", "c", List.of("x", "w"), "y"))
            .weight("w", 8, 4, 2, 2, 2)
            .model());
    all.put(
        "convtranspose",
        of(13, "n", 4, 5, 6)
            .node(node("ConvTranspose", "c", List.of("x", "w"), "y"))
            .weight("w", 4, 8, 2, 2)
            .model());
    all.put(
        "einsum",
        rows(13)
            .node(
                node("Einsum", "e", List.of("x", "w"), "y")
                    .addAttribute(text("equation", "bti,io->bto")))
            .weight("w", 16, 8)
            .model());
    all.put(
        "lstm",
        rows(13)
            .node(
                node("LSTM", "l", List.of("x", "w", "r"), "s", "y")
                    .addAttribute(integer("hidden_size", 8)))
            .weight("w", 1, 32, 16)
            .weight("r", 1, 32, 8)
            .model());
    all.put("if-input", ifInput());
    all.put("loop", loop());
    all.put(
        "attention-contrib",
        rows(13)
            .domain("com.microsoft")
            .node(
                node("Attention", "att", List.of("x", "w", "b"), "a")
                    .setDomain("com.microsoft")
                    .addAttribute(integer("num_heads", 2)))
            .node(node("MatMul", "fc", List.of("a", "u"), "y"))
            .weight("w", 16, 48)
            .weight("b", 48)
            .weight("u", 16, 8)
            .model());
    all.put("external", simple(13).weight("w", 16, 64).model());
    all.put(
        "opset9-clip",
        rows(9)
            .node(node("MatMul", "fc", List.of("x", "w"), "a"))
            .node(
                node("Clip", "", List.of("a"), "y")
                    .addAttribute(real("min", -1))
                    .addAttribute(real("max", 1)))
            .weight("w", 16, 8)
            .model());
    all.put("opset22", simple(22).weight("w", 16, 8).model());
    all.put("vector-w", simple(13).weight("w", 16).model());
    all.put("bn-conv", norm());
    all.put("w-input", simple(13).input("w", FLOAT, 16, 8).weight("w", 16, 8).model());
    all.put("dead-channel", deadChannel());
    return all;
  }

  /** The model of a name. */
  public static ModelProto of(String name) {
    return Objects.requireNonNull(all().get(name), name);
  }

  /**
   * Writes a model as a file; of {@code external}, the weights into a file beside it.
   *
   * @return the file
   */
  public static Path write(String name, ModelProto model, Path folder) throws IOException {
    Path file = folder.resolve(name + ".onnx");
    ModelProto written = name.equals("external") ? external(model, name + ".bin", folder) : model;
    return Files.write(file, written.toByteArray());
  }

  /** The model with the data of its initializers in a file of that name. */
  public static ModelProto external(ModelProto model, String data, Path folder) throws IOException {
    GraphProto.Builder graph = model.getGraph().toBuilder();
    long offset = 0;
    try (OutputStream out = Files.newOutputStream(folder.resolve(data))) {
      for (TensorProto.Builder tensor : graph.getInitializerBuilderList()) {
        byte[] bytes = tensor.getRawData().toByteArray();
        out.write(bytes);
        tensor
            .clearRawData()
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", data))
            .addExternalData(entry("offset", Long.toString(offset)))
            .addExternalData(entry("length", Integer.toString(bytes.length)));
        offset += bytes.length;
      }
    }
    return model.toBuilder().setGraph(graph).build();
  }

  public static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static GraphBuilder rows(long opset) {
    return of(opset, "n", 5, 16);
  }

  private static GraphBuilder of(long opset, Object... sizes) {
    return GraphBuilder.of(opset).input("x", FLOAT, sizes).output("y", FLOAT);
  }

  private static GraphBuilder simple(long opset) {
    return rows(opset).node(node("MatMul", "fc", List.of("x", "w"), "y"));
  }

  private static GraphBuilder behind(NodeProto.Builder first) {
    return rows(13).node(first).node(node("MatMul", "fc", List.of("x", "w2"), "y"));
  }

  private static TensorProto codes(String name, int rows, int columns) {
    byte[] codes = new byte[rows * columns];
    Random random = new Random(2);
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) (random.nextInt(254) - 127);
    }
    return tensor(name, INT8, codes, rows, columns);
  }

  private static GraphProto branch(String node, String weight, String out) {
    return GraphProto.newBuilder()
        .setName(node)
        .addNode(node("MatMul", node, List.of("x", weight), out))
        .addOutput(untyped(out, FLOAT))
        .build();
  }

  private static ModelProto ifInput() {
    return rows(13)
        .input("c", BOOL)
        .node(
            node("If", "if", List.of("c"), "z")
                .addAttribute(graph("then_branch", branch("inner", "w", "o")))
                .addAttribute(graph("else_branch", branch("inner2", "v", "o2"))))
        .node(node("MatMul", "fc", List.of("z", "u"), "y"))
        .weight("w", 16, 8)
        .weight("v", 16, 8)
        .weight("u", 8, 4)
        .model();
  }

  private static ModelProto loop() {
    GraphProto body =
        GraphProto.newBuilder()
            .setName("body")
            .addNode(node("MatMul", "step", List.of("s", "w"), "s2"))
            .addNode(node("Identity", "", List.of("cond"), "cond2"))
            .addInput(value("i", INT64))
            .addInput(value("cond", BOOL))
            .addInput(untyped("s", FLOAT))
            .addOutput(value("cond2", BOOL))
            .addOutput(untyped("s2", FLOAT))
            .build();
    return rows(13)
        .node(
            node("Loop", "loop", List.of("three", "", "x"), "y0").addAttribute(graph("body", body)))
        .node(node("MatMul", "fc", List.of("y0", "u"), "y"))
        .weight("w", 16, 16)
        .weight("u", 16, 4)
        .constant(longScalar("three", 3))
        .model();
  }

  private static ModelProto norm() {
    float[] two = new float[8];
    float[] one = new float[8];
    Arrays.fill(two, 2);
    Arrays.fill(one, 1);
    return of(13, "n", 4, 9, 9)
        .node(node("Conv", "c", List.of("x", "w"), "a"))
        .node(node("BatchNormalization", "bn", List.of("a", "g", "b", "m", "v"), "y"))
        .weight("w", 8, 4, 3, 3)
        .constant(floats("g", two, 8))
        .weight("b", 8)
        .weight("m", 8)
        .constant(floats("v", one, 8))
        .model();
  }

  private static ModelProto deadChannel() {
    GraphBuilder builder = simple(13);
    float[] weights = builder.normal(16, 8);
    for (int row = 0; row < 16; row++) {
      weights[8 * row] = 0;
    }
    return builder.constant(floats("w", weights, 16, 8)).model();
  }
}
