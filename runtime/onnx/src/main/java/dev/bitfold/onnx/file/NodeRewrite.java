package dev.bitfold.onnx.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * Brings one node to another version of the operators, with the nodes that it needs before and
 * after it. For one thread.
 */
final class NodeRewrite {
  private final NodeProto original;
  private final NodeProto.Builder node;
  private final String unique;
  private final Ranks ranks;
  private final BiFunction<NodeProto, String, OnnxException> refuse;
  private final List<NodeProto> before = new ArrayList<>();
  private final List<NodeProto> after = new ArrayList<>();

  /**
   * Makes a rewrite.
   *
   * @param unique the beginning of the names of new values
   * @param refuse makes an exception from a node and a reason
   */
  NodeRewrite(
      NodeProto original,
      String unique,
      Ranks ranks,
      BiFunction<NodeProto, String, OnnxException> refuse) {
    this.original = original;
    this.node = original.toBuilder();
    this.unique = unique;
    this.ranks = ranks;
    this.refuse = refuse;
  }

  NodeProto.Builder node() {
    return node;
  }

  List<NodeProto> before() {
    return before;
  }

  List<NodeProto> after() {
    return after;
  }

  /** Returns the exception for a node that cannot be brought to the version. */
  OnnxException refused(String why) {
    return refuse.apply(original, why);
  }

  /** Returns the number of axes of an input; empty if it is not known. */
  OptionalInt rank(int input) {
    return ranks.of(original.getInput(input));
  }

  Optional<AttributeProto> attribute(String name) {
    return node.getAttributeList().stream().filter(a -> a.getName().equals(name)).findFirst();
  }

  /** Returns a text attribute; empty if it is missing. */
  Optional<String> text(String name) {
    return attribute(name).map(a -> a.getS().toStringUtf8());
  }

  void remove(String name) {
    for (int i = node.getAttributeCount() - 1; i >= 0; i--) {
      if (node.getAttribute(i).getName().equals(name)) {
        node.removeAttribute(i);
      }
    }
  }

  void set(String name, long value) {
    remove(name);
    node.addAttribute(integer(name, value));
  }

  /** Adds a constant of one number with a float element type, and returns its new name. */
  String number(String end, int elementType, float value) {
    ElementType type = ElementType.of(elementType);
    ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (type == ElementType.DOUBLE) {
      bytes.putDouble(value);
    } else if (type == ElementType.FLOAT) {
      bytes.putFloat(value);
    } else {
      throw refused("is of a type that " + value + " is not written in");
    }
    byte[] used = Arrays.copyOf(bytes.array(), bytes.position());
    return constant(Tensors.of(name(end), type, used));
  }

  void set(String name, String value) {
    remove(name);
    node.addAttribute(
        AttributeProto.newBuilder()
            .setName(name)
            .setType(AttributeProto.AttributeType.STRING)
            .setS(org.nd4j.shade.protobuf.ByteString.copyFromUtf8(value)));
  }

  /** Turns an integer attribute into an input that a Constant yields. */
  void toInput(String name, int input) {
    Optional<AttributeProto> attribute = attribute(name);
    if (attribute.isPresent()) {
      long[] values = attribute.get().getIntsList().stream().mapToLong(Long::longValue).toArray();
      input(input, constant(Tensors.of(unique + "_" + name, values)));
      remove(name);
    }
  }

  /**
   * Returns the element type of an input, as a number of the format; float32 if it is not known.
   */
  int elementType(int input) {
    return ranks.elementType(original.getInput(input));
  }

  /** Returns the value of a constant input; empty if the input is not constant. */
  Optional<TensorProto> constant(int input) {
    if (input >= node.getInputCount()) {
      return Optional.empty();
    }
    String value = node.getInput(input);
    return before.stream()
        .filter(made -> made.getOpType().equals("Constant") && made.getOutput(0).equals(value))
        .map(made -> made.getAttribute(0).getT())
        .findFirst()
        .or(() -> ranks.constant(value));
  }

  /** Sets an input of the node, and adds empty inputs before it if there are too few. */
  void input(int input, String value) {
    while (node.getInputCount() <= input) {
      node.addInput("");
    }
    node.setInput(input, value);
  }

  /** Adds a constant under its own name, and returns the name. */
  String constant(TensorProto tensor) {
    before.add(
        NodeProto.newBuilder()
            .setName(tensor.getName())
            .setOpType("Constant")
            .addOutput(tensor.getName())
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("value")
                    .setType(AttributeProto.AttributeType.TENSOR)
                    .setT(tensor))
            .build());
    return tensor.getName();
  }

  /** Returns a name for a new value. */
  String name(String end) {
    return unique + "_" + end;
  }

  /** Adds a node before this one, and returns the name of its output. */
  String before(String operation, String end, UnaryOperator<NodeProto.Builder> rest) {
    String name = name(end);
    before.add(
        rest.apply(NodeProto.newBuilder().setName(name).setOpType(operation).addOutput(name))
            .build());
    return name;
  }

  /** Gives the node's output the shape of a value, without changing its readers. */
  void reshapeBack(String shape) {
    String result = name("result");
    after.add(
        NodeProto.newBuilder()
            .setName(name("reshape"))
            .setOpType("Reshape")
            .addInput(result)
            .addInput(shape)
            .addOutput(original.getOutput(0))
            .build());
    node.setOutput(0, result);
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }
}
