package dev.bitfold.examples.embeddings.load;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import onnx.Onnx;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.protobuf.InvalidProtocolBufferException;

/**
 * The weights of an ONNX file, found through the nodes that use them: exporters give weights
 * meaningless names ({@code onnx::MatMul_787}), but name a node after its layer ({@code
 * /encoder/layer.0/attention/self/query/MatMul}).
 */
public final class OnnxWeights {
  private final String file;
  private final Map<String, NodeProto> nodesByName = new HashMap<>();
  private final Map<String, NodeProto> nodesByOutput = new HashMap<>();
  private final Map<String, List<NodeProto>> readers = new HashMap<>();
  private final Map<String, TensorProto> initializers = new HashMap<>();

  private OnnxWeights(String file, Onnx.GraphProto graph) {
    this.file = file;
    for (TensorProto tensor : graph.getInitializerList()) {
      initializers.put(tensor.getName(), tensor);
    }
    for (NodeProto node : graph.getNodeList()) {
      nodesByName.put(node.getName(), node);
      node.getOutputList().forEach(output -> nodesByOutput.put(output, node));
      node.getInputList()
          .forEach(input -> readers.computeIfAbsent(input, k -> new ArrayList<>()).add(node));
    }
  }

  /**
   * Reads an ONNX file.
   *
   * @throws BadInputException if it is truncated or no ONNX file
   */
  public static OnnxWeights read(InputFile input) {
    Onnx.ModelProto model;
    try {
      model = Onnx.ModelProto.parseFrom(input.bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new BadInputException(input.name(), "is truncated or no ONNX file", e);
    }
    if (model.getGraph().getNodeCount() == 0) {
      throw new BadInputException(input.name(), "is no ONNX file: it holds no graph");
    }
    return new OnnxWeights(input.name(), model.getGraph());
  }

  /** A failure to be thrown: this file, and what is wrong with it. */
  public BadInputException bad(String problem) {
    return new BadInputException(file, problem);
  }

  /** What comes before the given end in the only node name that ends so. */
  public Optional<String> prefixOf(String end) {
    return nodesByName.keySet().stream()
        .filter(name -> name.endsWith(end))
        .map(name -> name.substring(0, name.length() - end.length()))
        .sorted()
        .findFirst();
  }

  /** Tells whether there is a node of exactly that name. */
  public boolean has(String node) {
    return nodesByName.containsKey(node);
  }

  /** Tells whether a node of that operation has a name that starts with the prefix. */
  public boolean hasOperation(String prefix, String operation) {
    return nodesByName.values().stream()
        .anyMatch(n -> n.getOpType().equals(operation) && n.getName().startsWith(prefix));
  }

  /**
   * The weights that a node reads: its only constant float32 input.
   *
   * @throws BadInputException if there is no such node or no such input
   */
  public INDArray weights(String node) {
    List<INDArray> all = allWeights(node);
    if (all.size() != 1) {
      throw bad("node " + node + " should read one float32 constant, but reads " + all.size());
    }
    return all.get(0);
  }

  /** All constant float32 inputs of a node, in order. */
  public List<INDArray> allWeights(String node) {
    return node(node).getInputList().stream()
        .flatMap(input -> constant(input).stream())
        .filter(tensor -> tensor.getDataType() == TensorProto.DataType.FLOAT_VALUE)
        .map(this::floats)
        .toList();
  }

  /**
   * As {@link #weights}, transposed back where the file holds the weight of a MatMul as [out, in].
   */
  public INDArray matrix(String node) {
    for (String input : node(node).getInputList()) {
      NodeProto source = nodesByOutput.get(input);
      if (source != null && source.getOpType().equals("Transpose")) {
        Optional<TensorProto> constant = constant(source.getInput(0));
        if (constant.isPresent()) {
          return floats(constant.get()).transpose().dup('c');
        }
      }
    }
    return weights(node);
  }

  /** The single number that a node reads, such as an epsilon that is added. */
  public float number(String node) {
    INDArray value = weights(node);
    if (value.length() != 1) {
      throw bad("node " + node + " should read one number, but reads " + value.length());
    }
    return value.getFloat(0);
  }

  /** A float attribute of a node. */
  public Optional<Float> attribute(String node, String name) {
    return node(node).getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .map(Onnx.AttributeProto::getF)
        .findFirst();
  }

  /**
   * The shape to which a node's output is reshaped: a size, or -1 where the file does not fix it.
   * Empty where nothing reshapes the output.
   */
  public List<Long> reshapeOf(String node) {
    return readers.getOrDefault(node(node).getOutput(0), List.of()).stream()
        .filter(reader -> reader.getOpType().equals("Reshape"))
        .map(reader -> sizes(reader.getInput(1)))
        .findFirst()
        .orElse(List.of());
  }

  /** The bytes of all weights in this file. */
  public long bytes() {
    return initializers.values().stream().mapToLong(OnnxWeights::bytes).sum();
  }

  private NodeProto node(String name) {
    NodeProto node = nodesByName.get(name);
    if (node == null) {
      throw bad("has no node " + name + ", so it is no BERT-family encoder in float32");
    }
    return node;
  }

  private Optional<TensorProto> constant(String value) {
    TensorProto tensor = initializers.get(value);
    if (tensor != null) {
      return Optional.of(tensor);
    }
    NodeProto source = nodesByOutput.get(value);
    if (source != null && source.getOpType().equals("Identity")) {
      return constant(source.getInput(0));
    }
    if (source != null && source.getOpType().equals("Constant")) {
      return source.getAttributeList().stream()
          .filter(Onnx.AttributeProto::hasT)
          .map(Onnx.AttributeProto::getT)
          .findFirst();
    }
    return Optional.empty();
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
    if (tensor.getDataType() != TensorProto.DataType.INT64_VALUE) {
      throw bad("tensor " + tensor.getName() + " should hold 64-bit integers");
    }
    if (tensor.getRawData().isEmpty()) {
      return tensor.getInt64DataList();
    }
    ByteBuffer raw = raw(tensor);
    List<Long> values = new ArrayList<>();
    while (raw.remaining() >= Long.BYTES) {
      values.add(raw.getLong());
    }
    return values;
  }

  private INDArray floats(TensorProto tensor) {
    if (tensor.getDataType() != TensorProto.DataType.FLOAT_VALUE) {
      throw bad("tensor " + tensor.getName() + " is not float32");
    }
    if (tensor.getExternalDataCount() > 0) {
      throw bad("tensor " + tensor.getName() + " is kept in another file");
    }
    long[] shape = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
    long length = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    float[] values = new float[Math.toIntExact(length)];
    if (tensor.getRawData().size() == length * Float.BYTES) {
      raw(tensor).asFloatBuffer().get(values);
    } else if (tensor.getFloatDataCount() == length) {
      for (int i = 0; i < values.length; i++) {
        values[i] = tensor.getFloatData(i);
      }
    } else {
      throw bad("tensor " + tensor.getName() + " holds fewer values than its shape says");
    }
    INDArray flat = Nd4j.createFromArray(values);
    return shape.length == 0 ? flat.reshape() : flat.reshape(shape);
  }

  private static ByteBuffer raw(TensorProto tensor) {
    return tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static long bytes(TensorProto tensor) {
    return tensor.getRawData().size()
        + (long) Float.BYTES * (tensor.getFloatDataCount() + tensor.getInt32DataCount())
        + (long) Long.BYTES * tensor.getInt64DataCount();
  }
}
