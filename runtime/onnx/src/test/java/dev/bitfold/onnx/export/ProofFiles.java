package dev.bitfold.onnx.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.layers.Linear;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.Nets;
import dev.bitfold.onnx.Nets_OneQuantizer;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.proof.ProofResult;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Makes small float files and their exports, and damages the exports. */
final class ProofFiles {
  static final OnnxOptions OPTIONS = OnnxOptions.DEFAULT.withUnsignedWeights(true);

  private final Path folder;

  ProofFiles(Path folder) {
    this.folder = folder;
  }

  static Linear linear(long seed, int in, int out) {
    return new Linear(Models.random(seed, out, in), Models.random(seed + 100, out));
  }

  static OnnxWeights file(long opset, GraphProto.Builder graph) {
    return OnnxWeights.of("m.onnx", Models.model(opset, graph).toByteArray());
  }

  /** A Linear, whose weight is [out, in], as a Gemm. */
  static void add(GraphProto.Builder graph, String name, String in, String out, Linear l) {
    graph
        .addInitializer(Models.tensor(name + ".weight", l.weight()))
        .addInitializer(Models.tensor(name + ".bias", l.bias()))
        .addNode(
            Models.node("Gemm", "/" + name + "/Gemm", out, in, name + ".weight", name + ".bias")
                .addAttribute(Models.integer("transB", 1)));
  }

  static GraphProto.Builder inOut(long in, long out) {
    return GraphProto.newBuilder()
        .addInput(Models.value("x", -1, in))
        .addOutput(Models.value("y", -1, out));
  }

  static GraphProto.Builder one(Linear l) {
    GraphProto.Builder graph = inOut(l.weight().size(1), l.weight().size(0));
    add(graph, "fc", "x", "y", l);
    return graph;
  }

  static Quantized<Nets.One> quantized(Linear l, INDArray x) {
    return Nets_OneQuantizer.of(new Nets.One(l)).calibrate(List.of(x), Nets.One::forward).freeze();
  }

  Path out() {
    return folder.resolve("q.onnx");
  }

  OnnxQdq.Exported export(
      OnnxWeights file,
      Quantized<?> quantized,
      OnnxMapping mapping,
      OnnxOptions options,
      UnaryOperator<ModelProto> damage)
      throws Exception {
    return OnnxQdq.export(file, quantized, mapping, out(), options, damage);
  }

  /** What the proof says of a file that is right. */
  ProofResult.Proved proved(
      OnnxWeights file, Quantized<?> quantized, OnnxMapping mapping, OnnxOptions options)
      throws Exception {
    OnnxQdq.Exported exported = export(file, quantized, mapping, options, UnaryOperator.identity());
    assertEquals(Files.size(out()), exported.bytes());
    return assertInstanceOf(ProofResult.Proved.class, exported.proof());
  }

  ProofResult.Proved proved(OnnxWeights file, Quantized<?> quantized, OnnxOptions options)
      throws Exception {
    return proved(file, quantized, OnnxMapping.byName(file, quantized), options);
  }

  /** What an export says of a file that it refuses, of which nothing is left. */
  String refusal(
      OnnxWeights file,
      Quantized<?> quantized,
      OnnxMapping mapping,
      OnnxOptions options,
      UnaryOperator<ModelProto> damage)
      throws Exception {
    Files.deleteIfExists(out());
    OnnxException e =
        assertThrows(OnnxException.class, () -> export(file, quantized, mapping, options, damage));
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count(), "nothing is written");
    }
    return e.getMessage();
  }

  String refusal(
      OnnxWeights file,
      Quantized<?> quantized,
      OnnxOptions options,
      UnaryOperator<ModelProto> damage)
      throws Exception {
    return refusal(file, quantized, OnnxMapping.byName(file, quantized), options, damage);
  }

  static void assertNames(String node, String message) {
    assertTrue(
        message.startsWith("m.onnx: the exported file ")
            && (message.contains("node " + node + " ") || message.contains("node " + node + ":")),
        message);
  }

  static UnaryOperator<ModelProto> graph(Consumer<GraphProto.Builder> damage) {
    return model -> {
      ModelProto.Builder damaged = model.toBuilder();
      damage.accept(damaged.getGraphBuilder());
      return damaged.build();
    };
  }

  static UnaryOperator<ModelProto> node(String name, Consumer<NodeProto.Builder> damage) {
    return graph(g -> damage.accept(node(g, name)));
  }

  static NodeProto.Builder node(GraphProto.Builder graph, String name) {
    return graph.getNodeBuilderList().stream()
        .filter(node -> node.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no node " + name));
  }

  static float[] floats(GraphProto.Builder graph, String initializer) {
    for (TensorProto tensor : graph.getInitializerList()) {
      if (tensor.getName().equals(initializer)) {
        var buffer =
            tensor
                .getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
      }
    }
    throw new AssertionError("no initializer " + initializer);
  }

  static void set(GraphProto.Builder graph, String initializer, float[] values) {
    for (TensorProto.Builder tensor : graph.getInitializerBuilderList()) {
      if (tensor.getName().equals(initializer)) {
        tensor.setRawData(Models.tensor("t", Nd4j.createFromArray(values)).getRawData());
      }
    }
  }
}
