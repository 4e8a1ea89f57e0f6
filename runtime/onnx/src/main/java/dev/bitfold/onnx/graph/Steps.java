package dev.bitfold.onnx.graph;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds the nodes and constants of a graph that is being described. For one thread. */
final class Steps {
  /** The first version with LayerNormalization. */
  static final long OPSET = 17;

  private static final long IR_VERSION = 8;

  private final String name;
  private final List<ValueInfoProto> inputs = new ArrayList<>();
  private final Map<String, OnnxValue> outputs = new LinkedHashMap<>();
  private final List<NodeProto> nodes = new ArrayList<>();
  private final Map<String, TensorProto> constants = new LinkedHashMap<>();
  private final Set<String> names = new HashSet<>();

  Steps(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  OnnxException bad(String problem) {
    return new OnnxException(name, problem);
  }

  /** Returns a name that is not in use. */
  String fresh(String base) {
    String fresh = base;
    for (int i = 1; !names.add(fresh); i++) {
      fresh = base + "_" + i;
    }
    return fresh;
  }

  void input(OnnxValue value) {
    if (value.name().isBlank() || !names.add(value.name())) {
      throw bad("has no room for an input \"" + value.name() + "\": names are not blank, and once");
    }
    inputs.add(info(value, value.name()));
  }

  void output(String output, OnnxValue value) {
    if (output.isBlank() || !names.add(output)) {
      throw bad("has no room for an output \"" + output + "\": names are not blank, and once");
    }
    outputs.put(output, value);
  }

  List<String> inputs() {
    return inputs.stream().map(ValueInfoProto::getName).toList();
  }

  List<String> outputs() {
    return List.copyOf(outputs.keySet());
  }

  /** Adds a constant, once for each name. */
  String constant(String constant, INDArray values, long... shape) {
    return constant(
        Tensors.of(constant, DenseFloats.of(values, name + ": " + constant).copy(), shape));
  }

  String constant(TensorProto tensor) {
    if (!constants.containsKey(tensor.getName())) {
      names.add(tensor.getName());
      constants.put(tensor.getName(), tensor);
    }
    return tensor.getName();
  }

  /** Adds a node whose output has the node's name, and returns the name. */
  String node(String operation, String base, List<String> reads, AttributeProto... attributes) {
    String node = fresh(base);
    nodes.add(
        NodeProto.newBuilder()
            .setOpType(operation)
            .setName(node)
            .addAllInput(reads)
            .addOutput(node)
            .addAllAttribute(List.of(attributes))
            .build());
    return node;
  }

  private static ValueInfoProto info(OnnxValue value, String name) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    long[] sizes = value.shape();
    for (int axis = 0; axis < sizes.length; axis++) {
      TensorShapeProto.Dimension.Builder size = shape.addDimBuilder();
      if (sizes[axis] == Sizes.OPEN) {
        size.setDimParam(axis == 0 ? "batch" : name + "_" + axis);
      } else {
        size.setDimValue(sizes[axis]);
      }
    }
    int type =
        value.isIntegers() ? TensorProto.DataType.INT64_VALUE : TensorProto.DataType.FLOAT_VALUE;
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
        .build();
  }

  /** Returns the float model. */
  ModelProto model() {
    if (inputs.isEmpty() || outputs.isEmpty()) {
      throw bad("has no " + (inputs.isEmpty() ? "input" : "output") + " yet");
    }
    Map<String, String> renamed = new HashMap<>();
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName(name)
            .addAllInput(inputs)
            .addAllInitializer(constants.values());
    List<NodeProto> copies = new ArrayList<>();
    outputs.forEach(
        (output, value) -> {
          graph.addOutput(info(value, output));
          boolean own = nodes.stream().anyMatch(node -> node.getName().equals(value.name()));
          if (!own || renamed.putIfAbsent(value.name(), output) != null) {
            copies.add(
                NodeProto.newBuilder()
                    .setOpType("Identity")
                    .setName(output + "/Identity")
                    .addInput(value.name())
                    .addOutput(output)
                    .build());
          }
        });
    nodes.forEach(node -> graph.addNode(renamed(node, renamed)));
    copies.forEach(node -> graph.addNode(renamed(node, renamed)));
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setProducerName("bitfold")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
        .setGraph(graph)
        .build();
  }

  private static NodeProto renamed(NodeProto node, Map<String, String> names) {
    NodeProto.Builder renamed = node.toBuilder().clearInput().clearOutput();
    node.getInputList().forEach(in -> renamed.addInput(names.getOrDefault(in, in)));
    node.getOutputList().forEach(out -> renamed.addOutput(names.getOrDefault(out, out)));
    return renamed.build();
  }
}
