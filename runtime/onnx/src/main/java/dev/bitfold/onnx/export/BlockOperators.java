package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;

/**
 * Writes ONNX Runtime's operators for weights in blocks: MatMulNBits in place of DequantizeLinear
 * and a MatMul or Gemm, and GatherBlockQuantized in place of a Gather. An operator keeps the name
 * of the node that it replaces.
 */
final class BlockOperators {
  static final String PRODUCT = "MatMulNBits";
  static final String LOOK_UP = "GatherBlockQuantized";

  /** The most input channels that are one block. */
  private static final int ONE_BLOCK = 128;

  /** The index of the operator's input for a bias. */
  private static final int BIAS = 5;

  private final Graph graph;
  private final int accuracyLevel;
  private final Map<String, Weight> weights = new HashMap<>();
  private final IdentityHashMap<WeightCodes, List<String>> tables = new IdentityHashMap<>();
  private final Set<String> written = new LinkedHashSet<>();

  BlockOperators(Graph graph, int accuracyLevel) {
    this.graph = graph;
    this.accuracyLevel = accuracyLevel;
  }

  /**
   * Holds the names of the constants of a weight.
   *
   * @param inputs codes, scales and, unless they are the middle of the range, zero points
   */
  private record Weight(NBits packed, List<String> inputs) {}

  /** Returns the names of the nodes that became operators for blocks. */
  Set<String> written() {
    return written;
  }

  /**
   * Replaces products.
   *
   * @param dequantized the codes of each weight, by the name of its float32 value
   */
  void products(Map<String, WeightCodes> dequantized) {
    for (NodeProto node : graph.nodes()) {
      if (Graph.is(node, "MatMul") || Graph.is(node, "Gemm")) {
        WeightCodes codes = dequantized.get(node.getInput(1));
        if (codes != null) {
          product(node, codes);
        }
      }
    }
  }

  private void product(NodeProto node, WeightCodes codes) {
    boolean transposed = flag(node, "transB");
    int channels = transposed ? 1 : 0;
    int block = block(codes, channels);
    if (block == 0) {
      return; // stays behind DequantizeLinear
    }
    int in = Math.toIntExact(codes.shape()[channels]);
    int out = Math.toIntExact(codes.shape()[1 - channels]);
    Weight weight =
        weights.computeIfAbsent(
            node.getInput(1) + (transposed ? "" : " across"),
            key -> constants(node.getInput(1), new NBits(codes, out, in, block, !transposed)));
    Addition addition = Addition.of(graph, node, out);
    NodeProto.Builder product =
        NodeProto.newBuilder()
            .setName(node.getName())
            .setOpType(PRODUCT)
            .setDomain(ContribOperators.DOMAIN)
            .addInput(node.getInput(0))
            .addAllInput(weight.inputs())
            .addAttribute(QdqNodes.integer("K", in))
            .addAttribute(QdqNodes.integer("N", out))
            .addAttribute(QdqNodes.integer("bits", weight.packed().bits()))
            .addAttribute(QdqNodes.integer("block_size", block));
    if (accuracyLevel > 0) {
      product.addAttribute(QdqNodes.integer("accuracy_level", accuracyLevel));
    }
    written.add(node.getName());
    String vector = addition.vector();
    if (vector != null) {
      while (product.getInputCount() < BIAS) {
        product.addInput("");
      }
      product.addInput(vector);
    }
    NodeProto behind = addition.node();
    if (behind != null) {
      graph.remove(behind);
    }
    NodeProto now = product.addOutput((behind == null ? node : behind).getOutput(0)).build();
    graph.replace(node, now);
    String rest = addition.rest();
    if (rest != null) {
      String whole = now.getOutput(0);
      String plain = graph.divert(now.getOutput(0), "/product");
      graph.addInto(
          whole, node.getName() + "/Add", "Add", add -> add.addInput(plain).addInput(rest));
    }
  }

  /**
   * Returns whether the operator for products can hold a weight.
   *
   * @param channels the axis of the input channels
   */
  static boolean takes(WeightCodes codes, int channels) {
    return block(codes, channels) > 0;
  }

  /**
   * Returns the size of the blocks along the input channels; 0 if the operator cannot hold the
   * codes. A weight of 4 bits with a scale for each output channel has one block if its input
   * channels fit into one.
   *
   * @param channels the axis of the input channels
   */
  private static int block(WeightCodes codes, int channels) {
    if (codes.shape().length != 2 || !NBits.areIntegers(codes) || codes.axis() < 0) {
      return 0;
    }
    if (codes.block() > 0) {
      return codes.axis() == channels && NBits.isBlock(codes.block()) ? codes.block() : 0;
    }
    int in = Math.toIntExact(codes.shape()[channels]);
    boolean one = codes.axis() != channels && codes.type().bits() == 4 && in <= ONE_BLOCK;
    return one && in > 0 ? NBits.blockOf(in) : 0;
  }

  private Weight constants(String value, NBits packed) {
    String name = value.replaceFirst("/DequantizeLinear(_\\d+)?$", "") + "_blocks";
    int row = packed.blocks() * packed.block();
    List<String> inputs = new ArrayList<>();
    inputs.add(
        graph.add(
            Tensors.of(
                name,
                ElementType.UINT8,
                packed.bytes(row),
                packed.rows(),
                packed.blocks(),
                packed.block() * packed.bits() / Byte.SIZE)));
    float[] scales = packed.scales();
    inputs.add(BlockScales.write(graph, name + "_scale", scales, scales.length));
    if (!packed.isSymmetric()) {
      byte[] zeros = packed.zeroPoints();
      inputs.add(
          graph.add(Tensors.of(name + "_zero_point", ElementType.UINT8, zeros, zeros.length)));
    }
    return new Weight(packed, inputs);
  }

  /**
   * Describes what is added to a product.
   *
   * @param vector a constant with one value for each output channel, which the operator can add;
   *     null if there is none
   * @param node the Add behind a MatMul that adds it; null for a Gemm
   * @param rest what a Gemm adds and the operator cannot; null if there is nothing
   */
  private record Addition(
      @Nullable String vector, @Nullable NodeProto node, @Nullable String rest) {
    static Addition of(Graph graph, NodeProto node, int channels) {
      if (Graph.is(node, "Gemm")) {
        String added = node.getInputCount() > 2 ? node.getInput(2) : "";
        return added.isEmpty()
            ? new Addition(null, null, null)
            : isVector(graph, added, channels)
                ? new Addition(added, null, null)
                : new Addition(null, null, added);
      }
      MappedNode mapped = new MappedNode(graph, node.getName());
      NodeProto add = mapped.biasNode();
      String added = add == null ? "" : add.getInput(mapped.biasInput(add));
      return isVector(graph, added, channels)
          ? new Addition(added, add, null)
          : new Addition(null, null, null);
    }

    /** Returns whether a value is a vector; more axes could add axes to the product. */
    private static boolean isVector(Graph graph, String value, int channels) {
      Optional<TensorProto> tensor = graph.constant(value);
      return tensor
          .filter(t -> t.getDimsList().equals(List.of((long) channels)))
          .filter(t -> t.getDataType() == ElementType.FLOAT.number())
          .isPresent();
    }
  }

  /**
   * Replaces a Gather of rows.
   *
   * @param codes its table [rows, columns]
   * @return whether the operator can look it up
   */
  boolean lookUp(NodeProto node, WeightCodes codes) {
    int rows = Math.toIntExact(codes.shape()[0]);
    int columns = Math.toIntExact(codes.shape()[1]);
    boolean blocks = codes.axis() == 1 && NBits.isBlock(codes.block());
    boolean whole = codes.axis() == 0 && codes.block() == 0;
    if (!NBits.areIntegers(codes) || columns == 0 || !(blocks || whole)) {
      return false;
    }
    int block = blocks ? codes.block() : NBits.blockOf(columns);
    NBits packed = new NBits(codes, rows, columns, block, false);
    String name = node.getName() + "/table";
    boolean even = columns * packed.bits() % Byte.SIZE == 0;
    List<String> inputs =
        tables.computeIfAbsent(codes, key -> even ? packed(name, packed) : typed(name, packed));
    NodeProto.Builder gather =
        NodeProto.newBuilder()
            .setName(node.getName())
            .setOpType(LOOK_UP)
            .setDomain(ContribOperators.DOMAIN)
            .addInput(inputs.get(0))
            .addInput(node.getInput(1))
            .addAllInput(inputs.subList(1, inputs.size()))
            .addOutput(node.getOutput(0))
            .addAttribute(QdqNodes.integer("gather_axis", 0))
            .addAttribute(QdqNodes.integer("quantize_axis", 1))
            .addAttribute(QdqNodes.integer("block_size", block))
            .addAttribute(QdqNodes.integer("bits", packed.bits()));
    graph.replace(node, gather.build());
    written.add(node.getName());
    return true;
  }

  private List<String> packed(String name, NBits table) {
    int width = table.columns() * table.bits() / Byte.SIZE;
    List<String> inputs = new ArrayList<>();
    inputs.add(
        graph.add(
            Tensors.of(
                name + "_blocks",
                ElementType.UINT8,
                table.bytes(table.columns()),
                table.rows(),
                width)));
    inputs.add(scales(name, table));
    if (!table.isSymmetric()) {
      inputs.add(
          graph.add(
              Tensors.of(
                  name + "_zero_point",
                  ElementType.UINT8,
                  table.zeroPoints(),
                  table.rows(),
                  table.zeroPointWidth())));
    }
    return inputs;
  }

  private String scales(String name, NBits table) {
    return BlockScales.write(graph, name + "_scale", table.scales(), table.rows(), table.blocks());
  }

  /** Writes a table whose rows end within a byte, with a type of 4 bits. */
  private List<String> typed(String name, NBits table) {
    WeightCodes codes = table.codes();
    List<String> inputs = new ArrayList<>();
    inputs.add(graph.add(Tensors.of(name + "_blocks", codes.type(), codes.bytes(), codes.shape())));
    inputs.add(scales(name, table));
    if (codes.zeroPoints().length > 0) {
      inputs.add(
          graph.add(
              Tensors.of(
                  name + "_zero_point",
                  codes.type(),
                  codes.zeroPointBytes(),
                  table.rows(),
                  table.blocks())));
    }
    return inputs;
  }

  /** Returns whether a graph still has DequantizeLinear with blocks, or constants of 4 bits. */
  static boolean isOpsetRaised(Graph graph) {
    for (NodeProto node : graph.nodes()) {
      for (String input : node.getInputList()) {
        TensorProto tensor = graph.initializer(input);
        if (tensor != null
            && (tensor.getDataType() == ElementType.INT4.number()
                || tensor.getDataType() == ElementType.UINT4.number())) {
          return true;
        }
      }
      if (Graph.is(node, "DequantizeLinear") && attribute(node, "block_size") > 0) {
        return true;
      }
    }
    return false;
  }

  private static boolean flag(NodeProto node, String name) {
    return attribute(node, name) != 0;
  }

  private static long attribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .mapToLong(AttributeProto::getI)
        .findFirst()
        .orElse(0);
  }
}
