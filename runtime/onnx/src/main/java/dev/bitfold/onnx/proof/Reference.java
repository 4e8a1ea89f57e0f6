package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;

/**
 * Describes what an exported file must compute. It is the float model's own file, in which each
 * mapped layer has the weight and bias that Bitfold's model computes with, and which is cut where
 * Bitfold quantizes. It contains nothing of what an export does: no other version of operators, no
 * cleaned shapes, nothing folded, no QuantizeLinear. For one thread.
 */
public final class Reference {
  private final OnnxFile original;
  private final Graph graph;
  private final List<Cut> cuts = new ArrayList<>();
  private final Map<String, float[]> units = new LinkedHashMap<>();
  private final Set<String> layers = new LinkedHashSet<>();
  private final Set<String> scaled = new LinkedHashSet<>();

  /**
   * Makes a reference in which nothing is quantized yet.
   *
   * @param original the float model's file
   */
  public Reference(OnnxFile original) {
    this.original = original;
    this.graph = new Graph(original);
  }

  /** Returns the graph, for changes that have no method here. */
  public Graph graph() {
    return graph;
  }

  /** Replaces one of a node's inputs by a constant. */
  public void constant(String node, int input, float[] values, long... shape) {
    setInput(node, input, graph.add(Tensors.of(node + "/bitfold_" + input, values, shape)));
  }

  /** Returns the constant that a node reads; empty if there is no such node or constant. */
  Optional<TensorProto> constant(String node, int input) {
    return graph
        .node(node)
        .filter(found -> found.getInputCount() > input)
        .flatMap(found -> graph.held(found.getInput(input)));
  }

  /** Returns whether a node is a Gemm that transposes its weight. */
  boolean isTransposed(String node) {
    return graph.node(node).filter(found -> BlockNode.attribute(found, "transB") != 0).isPresent();
  }

  private void setInput(String node, int input, String value) {
    NodeProto old = node(node);
    graph.replace(old, old.toBuilder().setInput(input, value).build());
  }

  private NodeProto node(String name) {
    return graph.node(name).orElseThrow(() -> graph.bad("has no node " + name));
  }

  /** Multiplies a node's first input by a factor for each channel. */
  public void multiply(String node, float[] factors, int axesBehind) {
    long[] shape = behind(factors.length, axesBehind);
    String scale = graph.add(Tensors.of(node + "/factors", factors, shape));
    String value = node(node).getInput(0);
    setInput(
        node, 0, graph.add(node + "/multiplied", "Mul", n -> n.addInput(value).addInput(scale)));
  }

  /**
   * Declares that a node computes a layer.
   *
   * @param value the layer's output: that of the node, or of the addition of the bias behind it
   * @param units for each output channel, the product of both scales, to which ONNX Runtime rounds
   *     a bias; zeros if it does not
   * @param axesBehind the number of axes behind that of the channels
   */
  public void layer(String node, String value, float[] units, int axesBehind) {
    layers.add(node);
    String noise = graph.fresh(node + "/noise");
    graph.addInput(floats(noise));
    this.units.put(noise, units);
    shapes.put(noise, behind(units.length, axesBehind));
    String exact = graph.divert(value, "/exact");
    graph.addInto(value, node + "/add_noise", "Add", n -> n.addInput(exact).addInput(noise));
  }

  private final Map<String, long[]> shapes = new LinkedHashMap<>();

  private static long[] behind(int channels, int axesBehind) {
    long[] shape = new long[1 + axesBehind];
    Arrays.fill(shape, 1);
    shape[0] = channels;
    return shape;
  }

  /** Cuts a layer at the first input of its node. */
  public void input(String layer, String node, Activation activation) {
    String before = node(node).getInput(0);
    String behind = graph.fresh(node + "/given");
    graph.addInput(floats(behind));
    cuts.add(new Cut(layer, node, false, before, before, behind, activation));
    setInput(node, 0, behind);
  }

  /**
   * Cuts a layer at its output.
   *
   * @param value as in {@link #layer}
   */
  public void output(String layer, String node, String value, Activation activation) {
    String before = graph.divert(value, "/before");
    graph.removeOutput(value);
    graph.addInput(floats(value));
    cuts.add(new Cut(layer, node, true, value, before, value, activation));
  }

  /**
   * Cuts between nodes, at a value that all its readers read quantized.
   *
   * @param point the path of what quantizes it
   */
  public void point(String point, String value, Activation activation) {
    output(
        point,
        java.util.Objects.requireNonNull(graph.producer(value)).getName(),
        value,
        activation);
  }

  /**
   * Declares values that have other factors in the exported file, because smoothing is folded into
   * them.
   */
  public void scaled(Set<String> values) {
    scaled.addAll(values);
  }

  private static ValueInfoProto floats(String name) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(ElementType.FLOAT.number())))
        .build();
  }

  OnnxFile original() {
    return original;
  }

  List<Cut> cuts() {
    return cuts;
  }

  /** Returns the nodes that compute layers. */
  Set<String> layers() {
    return layers;
  }

  Set<String> scaledValues() {
    return scaled;
  }

  /**
   * Returns the units that a bias is rounded to, for each input that is added to a layer's output.
   */
  Map<String, float[]> units() {
    return units;
  }

  long[] shapeOf(String noise) {
    return java.util.Objects.requireNonNull(shapes.get(noise)).clone();
  }

  /**
   * Returns the model.
   *
   * @param more values that become outputs as well
   */
  ModelProto model(Set<String> more) {
    Graph copy = graph;
    Set<String> added = new LinkedHashSet<>(more);
    cuts.forEach(cut -> added.add(cut.before()));
    added.removeIf(value -> copy.isFed(value) || copy.isGraphOutput(value));
    added.forEach(copy::addOutput);
    try {
      return original.model().toBuilder()
          .setGraph(copy.toProto())
          .setIrVersion(Math.max(4, original.model().getIrVersion()))
          .build();
    } finally {
      added.forEach(copy::removeOutput);
    }
  }
}
