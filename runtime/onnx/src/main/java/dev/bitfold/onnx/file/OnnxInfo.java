package dev.bitfold.onnx.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.ValueInfoProto;

/**
 * Describes the contents of an ONNX file. Immutable. Types have ONNX's names, {@code FLOAT} or
 * {@code INT8}; shapes are as in the file, and an axis without a size is {@code ?}.
 *
 * @param bytes the size of the whole file
 * @param irVersion the version of the file format
 * @param producer the program that wrote the file, and its version; may be empty
 * @param opsets the version of each set of operators by its domain; that of ONNX is {@code ai.onnx}
 * @param nodes the number of nodes in the graph and its subgraphs
 * @param operators the number of nodes of each operator, by name; the names of other domains begin
 *     with the domain
 * @param quantized the nodes that compute with quantized weights
 * @param initializers the initializers of the graph and its subgraphs, in the file's order
 */
public record OnnxInfo(
    String name,
    long bytes,
    long irVersion,
    String producer,
    Map<String, Long> opsets,
    List<Value> inputs,
    List<Value> outputs,
    int nodes,
    Map<String, Integer> operators,
    List<QuantizedNode> quantized,
    List<Initializer> initializers) {
  private static final String ONNX = "ai.onnx";

  /** Copies the collections, keeping their order. */
  public OnnxInfo {
    opsets = Collections.unmodifiableMap(new LinkedHashMap<>(opsets));
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    operators = Collections.unmodifiableMap(new LinkedHashMap<>(operators));
    quantized = List.copyOf(quantized);
    initializers = List.copyOf(initializers);
  }

  /** Describes an input or output of the model. */
  public record Value(String name, String type, List<String> shape) {
    /** Copies the shape. */
    public Value {
      shape = List.copyOf(shape);
    }
  }

  /**
   * Describes a tensor of the file.
   *
   * @param bytes the size of its values, in this file or another
   * @param external whether its values are in another file
   * @param nonFinite the number of NaN and infinite values; 0 for other types than float32, and for
   *     values in another file
   */
  public record Initializer(
      String name, String type, List<Long> shape, long bytes, boolean external, long nonFinite) {
    /** Copies the shape. */
    public Initializer {
      shape = List.copyOf(shape);
    }
  }

  /**
   * Describes a node that computes with a quantized weight.
   *
   * @param input the type of its input, {@code FLOAT} if the input is not quantized; {@code ,
   *     dynamic} is appended if its scale is computed from each input
   * @param weight the type of the weight's codes
   * @param shape the shape of the weight
   * @param scales the number of scales of the weight; 0 if the node does not tell
   */
  public record QuantizedNode(
      String name, String operator, String input, String weight, List<Long> shape, long scales) {
    /** Copies the shape. */
    public QuantizedNode {
      shape = List.copyOf(shape);
    }
  }

  /**
   * Reads a file.
   *
   * @throws OnnxException if it is damaged or not an ONNX file
   * @throws IOException if it cannot be read
   */
  public static OnnxInfo of(Path file) throws IOException {
    return of(OnnxFile.read(file), java.nio.file.Files.size(file));
  }

  /**
   * Reads a file from memory, as {@link #of(Path)} does.
   *
   * @param name the name in messages
   */
  public static OnnxInfo of(String name, byte[] bytes) {
    return of(OnnxFile.of(name, bytes), bytes.length);
  }

  private static OnnxInfo of(OnnxFile file, long bytes) {
    ModelProto model = file.model();
    Map<String, Long> opsets = new LinkedHashMap<>();
    for (OperatorSetIdProto opset : model.getOpsetImportList()) {
      opsets.put(opset.getDomain().isEmpty() ? ONNX : opset.getDomain(), opset.getVersion());
    }
    GraphProto graph = model.getGraph();
    List<Initializer> initializers = new ArrayList<>();
    Map<String, Integer> operators = new TreeMap<>();
    collect(file.name(), graph, initializers, operators);
    List<String> fed = graph.getInitializerList().stream().map(TensorProto::getName).toList();
    return new OnnxInfo(
        file.name(),
        bytes,
        model.getIrVersion(),
        (model.getProducerName() + " " + model.getProducerVersion()).strip(),
        opsets,
        graph.getInputList().stream()
            .filter(input -> !fed.contains(input.getName()))
            .map(OnnxInfo::value)
            .toList(),
        graph.getOutputList().stream().map(OnnxInfo::value).toList(),
        operators.values().stream().mapToInt(Integer::intValue).sum(),
        operators,
        new QuantizedNodes(file.name(), graph).find(),
        initializers);
  }

  /** Collects a graph and its subgraphs, whose number {@link WireCheck} has limited. */
  private static void collect(
      String file,
      GraphProto graph,
      List<Initializer> initializers,
      Map<String, Integer> operators) {
    for (TensorProto tensor : graph.getInitializerList()) {
      initializers.add(initializer(file, tensor));
    }
    for (NodeProto node : graph.getNodeList()) {
      operators.merge(operator(node), 1, Integer::sum);
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          collect(file, attribute.getG(), initializers, operators);
        }
        attribute.getGraphsList().forEach(g -> collect(file, g, initializers, operators));
      }
    }
  }

  /** Returns the name of a node's operator, with its domain before it if that is not ONNX's own. */
  static String operator(NodeProto node) {
    boolean own = node.getDomain().isEmpty() || node.getDomain().equals(ONNX);
    return own ? node.getOpType() : node.getDomain() + "." + node.getOpType();
  }

  private static Initializer initializer(String file, TensorProto tensor) {
    return new Initializer(
        tensor.getName(),
        Tensors.typeName(file, tensor),
        tensor.getDimsList(),
        Tensors.bytes(file, tensor),
        tensor.getExternalDataCount() > 0,
        Tensors.nonFinite(file, tensor));
  }

  private static Value value(ValueInfoProto info) {
    var type = info.getType().getTensorType();
    TensorProto.DataType element = TensorProto.DataType.forNumber(type.getElemType());
    boolean tensor = info.getType().hasTensorType() && element != null;
    return new Value(
        info.getName(),
        tensor ? element.name() : "no tensor",
        type.getShape().getDimList().stream().map(OnnxInfo::size).toList());
  }

  private static String size(Dimension size) {
    return switch (size.getValueCase()) {
      case DIM_VALUE -> Long.toString(size.getDimValue());
      case DIM_PARAM -> size.getDimParam();
      case VALUE_NOT_SET -> "?";
    };
  }
}
