package dev.bitfold.onnx.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reads the weights of an ONNX file, by name or through the nodes that use them. Exporters give
 * weights meaningless names ({@code onnx::MatMul_787}), but name a node after its layer ({@code
 * /encoder/layer.0/attention/self/query/MatMul}). Immutable and safe for concurrent use.
 *
 * <p>Tensors have the type that they have in the file: float32, float16, bfloat16, double, integers
 * of 8 to 64 bits, booleans. Every method throws {@link OnnxException} if the file does not contain
 * what is asked for, or if its contents are inconsistent.
 */
public final class OnnxWeights {
  private final OnnxFile file;
  private final Map<String, NodeProto> nodesByName = new LinkedHashMap<>();
  private final Map<String, NodeProto> nodesByOutput = new HashMap<>();
  private final Map<String, List<NodeProto>> readers = new HashMap<>();
  private final Map<String, TensorProto> initializers = new LinkedHashMap<>();

  private OnnxWeights(OnnxFile file) {
    this.file = file;
    GraphProto graph = file.model().getGraph();
    for (TensorProto tensor : graph.getInitializerList()) {
      initializers.put(tensor.getName(), tensor);
    }
    for (NodeProto node : graph.getNodeList()) {
      if (!node.getName().isEmpty()) {
        nodesByName.putIfAbsent(node.getName(), node);
      }
      node.getOutputList().forEach(output -> nodesByOutput.put(output, node));
      node.getInputList()
          .forEach(input -> readers.computeIfAbsent(input, k -> new ArrayList<>()).add(node));
    }
  }

  /**
   * Opens a file and reads its structure. Tensors in other files are read when they are used, so
   * those files must not change.
   *
   * @throws OnnxException if the file is damaged or not an ONNX file
   * @throws IOException if the file cannot be read
   */
  public static OnnxWeights open(Path file) throws IOException {
    return new OnnxWeights(OnnxFile.readWhole(file));
  }

  /**
   * Opens a file from memory, as {@link #open} does.
   *
   * @param name the name in messages
   */
  public static OnnxWeights of(String name, byte[] bytes) {
    return new OnnxWeights(OnnxFile.of(name, bytes));
  }

  /** Returns the weights of a file that was read, or that was made from one. */
  public static OnnxWeights of(OnnxFile file) {
    return new OnnxWeights(file);
  }

  public OnnxFile file() {
    return file;
  }

  /** Returns the file's name, with which messages begin. */
  public String name() {
    return file.name();
  }

  /** Returns an exception to throw: this file, and what is wrong with it. */
  public OnnxException bad(String problem) {
    return new OnnxException(file.name(), problem);
  }

  /** Returns the names of all named nodes, in the file's order. */
  public Set<String> nodes() {
    return new LinkedHashSet<>(nodesByName.keySet());
  }

  /** Returns the names of all initializers, in the file's order. */
  public Set<String> initializers() {
    return new LinkedHashSet<>(initializers.keySet());
  }

  /**
   * Returns the part before the given end in the name of a node that has this end; of several, the
   * first name in alphabetical order.
   */
  public Optional<String> prefixOf(String end) {
    return nodesByName.keySet().stream()
        .filter(name -> name.endsWith(end))
        .map(name -> name.substring(0, name.length() - end.length()))
        .sorted()
        .findFirst();
  }

  /** Returns whether there is a node of exactly that name. */
  public boolean has(String node) {
    return nodesByName.containsKey(node);
  }

  /** Returns the operation of a node: {@code MatMul}. */
  public String operation(String node) {
    return node(node).getOpType();
  }

  /** Returns whether a node of that operation has a name that begins with the prefix. */
  public boolean hasOperation(String prefix, String operation) {
    return nodesByName.values().stream()
        .anyMatch(n -> n.getOpType().equals(operation) && n.getName().startsWith(prefix));
  }

  /** Returns the initializer of that name, or the constant that a node of that name yields. */
  public INDArray tensor(String name) {
    TensorProto tensor =
        constant(name).orElseThrow(() -> bad("has no initializer or constant " + name));
    return Tensors.array(file.name(), tensor);
  }

  /**
   * Returns the weight that a node reads: its only constant input of floats. NaN and infinity are
   * refused here, in {@link #allWeights} and in {@link #matrix}; {@link #tensor} returns any
   * values.
   */
  public INDArray weights(String node) {
    List<INDArray> all = allWeights(node);
    if (all.size() != 1) {
      throw bad("node " + node + " should read one constant of floats, but reads " + all.size());
    }
    return all.get(0);
  }

  /** Returns all constant inputs of floats of a node, in order. */
  public List<INDArray> allWeights(String node) {
    return node(node).getInputList().stream()
        .flatMap(input -> constant(input).stream())
        .filter(tensor -> Tensors.type(file.name(), tensor).isFloat())
        .map(this::finite)
        .toList();
  }

  /**
   * Returns the weight as {@link #weights} does, transposed back if the file holds the weight of a
   * MatMul as [out, in] behind a Transpose.
   */
  public INDArray matrix(String node) {
    for (String input : node(node).getInputList()) {
      NodeProto source = nodesByOutput.get(input);
      if (source != null && source.getOpType().equals("Transpose")) {
        Optional<TensorProto> constant = constant(firstInput(source));
        if (constant.isPresent()) {
          INDArray held = finite(constant.get());
          if (held.rank() != 2) {
            throw bad("node " + node + " reads a transposed tensor of rank " + held.rank());
          }
          return held.transpose().dup('c');
        }
      }
    }
    return weights(node);
  }

  /** Returns the single number that a node reads, such as an epsilon that is added. */
  public float number(String node) {
    INDArray value = weights(node);
    if (value.length() != 1) {
      throw bad("node " + node + " should read one number, but reads " + value.length());
    }
    return value.getFloat(0);
  }

  /** Returns a float attribute of a node. */
  public Optional<Float> attribute(String node, String name) {
    return node(node).getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .map(AttributeProto::getF)
        .findFirst();
  }

  /**
   * Returns the shape to which a node's output is reshaped: sizes, with -1 for a size that the file
   * does not fix. Empty if nothing reshapes the output.
   */
  public List<Long> reshapeOf(String node) {
    NodeProto source = node(node);
    if (source.getOutputCount() == 0) {
      return List.of();
    }
    return readers.getOrDefault(source.getOutput(0), List.of()).stream()
        .filter(reader -> reader.getOpType().equals("Reshape") && reader.getInputCount() > 1)
        .map(reader -> sizes(reader.getInput(1)))
        .findFirst()
        .orElse(List.of());
  }

  /** Returns the size of all initializers in bytes. */
  public long bytes() {
    return initializers.values().stream().mapToLong(OnnxWeights::bytes).sum();
  }

  private INDArray finite(TensorProto tensor) {
    if (tensor.getDataType() == ElementType.FLOAT.number()) {
      Tensors.requireFinite(file.name(), tensor, Tensors.floats(file.name(), tensor));
    }
    return Tensors.array(file.name(), tensor);
  }

  private NodeProto node(String name) {
    NodeProto node = nodesByName.get(name);
    if (node == null) {
      throw bad("has no node " + name);
    }
    return node;
  }

  private static String firstInput(NodeProto node) {
    return node.getInputCount() == 0 ? "" : node.getInput(0);
  }

  private Optional<TensorProto> constant(String value) {
    String name = value;
    // The number of steps is bounded, because damaged files have cycles.
    for (int step = 0; step <= nodesByOutput.size(); step++) {
      TensorProto tensor = initializers.get(name);
      if (tensor != null) {
        return Optional.of(tensor);
      }
      NodeProto source = nodesByOutput.get(name);
      if (source != null && source.getOpType().equals("Constant")) {
        return source.getAttributeList().stream()
            .filter(AttributeProto::hasT)
            .map(AttributeProto::getT)
            .findFirst();
      }
      if (source == null || !source.getOpType().equals("Identity")) {
        return Optional.empty();
      }
      name = firstInput(source);
    }
    throw bad("has a cycle through " + value);
  }

  private List<Long> sizes(String shape) {
    Optional<TensorProto> whole = constant(shape);
    if (whole.isPresent()) {
      return integers(whole.get());
    }
    NodeProto source = nodesByOutput.get(shape);
    if (source == null || !source.getOpType().equals("Concat")) {
      return List.of();
    }
    return source.getInputList().stream()
        .flatMap(part -> constant(part).map(this::integers).orElse(List.of(-1L)).stream())
        .toList();
  }

  private List<Long> integers(TensorProto tensor) {
    List<Long> values = new ArrayList<>();
    for (long value : Tensors.integers(file.name(), tensor)) {
      values.add(value);
    }
    return values;
  }

  private static long bytes(TensorProto tensor) {
    return tensor.getRawData().size()
        + (long) Float.BYTES * (tensor.getFloatDataCount() + tensor.getInt32DataCount())
        + (long) Long.BYTES
            * (tensor.getInt64DataCount()
                + tensor.getUint64DataCount()
                + tensor.getDoubleDataCount());
  }
}
