package dev.bitfold.onnx.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalInt;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks of values behind nodes, as ONNX's operators state them. */
class RanksTest {
  private static ValueInfoProto value(String name, int type, int rank) {
    TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type);
    if (rank >= 0) {
      TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
      for (int i = 0; i < rank; i++) {
        shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(2));
      }
      tensor.setShape(shape);
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  private static NodeProto.Builder node(String operation, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(operation)
        .addOutput(output)
        .addAllInput(java.util.List.of(inputs));
  }

  private static AttributeProto ints(String name, long... values) {
    AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  private static NodeProto constant(String output, TensorProto tensor) {
    return node("Constant", output)
        .addAttribute(AttributeProto.newBuilder().setName("value").setT(tensor))
        .build();
  }

  /** An input of 3 axes, one of unknown rank, a weight of 2 and a graph output of 5. */
  private static OptionalInt rank(String value, NodeProto... nodes) {
    return ranks(nodes).of(value);
  }

  private static Ranks ranks(NodeProto... nodes) {
    return new Ranks(
        GraphProto.newBuilder()
            .addInput(value("x", 1, 3))
            .addInput(value("open", 1, -1))
            .addInput(value("ids", 7, 2))
            .addValueInfo(value("noted", 10, 4))
            .addOutput(value("out", 11, 5))
            .addInitializer(Tensors.of("w", new float[6], 3, 2))
            .addInitializer(Tensors.of("shape", 1, 2, 3, 4))
            .addAllNode(java.util.List.of(nodes))
            .build());
  }

  @Test
  void whatTheGraphStatesIsKnown() {
    assertEquals(OptionalInt.of(3), rank("x"));
    assertEquals(OptionalInt.of(4), rank("noted"));
    assertEquals(OptionalInt.of(5), rank("out"));
    assertEquals(OptionalInt.of(2), rank("w"));
    assertEquals(OptionalInt.empty(), rank("open"));
    assertEquals(OptionalInt.empty(), rank("nowhere"));
    Ranks ranks = ranks();
    assertEquals(7, ranks.elementType("ids"));
    assertEquals(10, ranks.elementType("noted"));
    assertEquals(11, ranks.elementType("out"));
    assertEquals(1, ranks.elementType("w"));
    assertEquals(7, ranks.elementType("shape"));
    assertEquals(1, ranks.elementType("nowhere"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Relu", "Softmax", "Conv", "MaxPool", "Resize", "DequantizeLinear"})
  void manyNodesKeepTheRankOfTheirFirstInput(String operation) {
    assertEquals(OptionalInt.of(3), rank("y", node(operation, "y", "x", "w").build()));
    assertEquals(OptionalInt.empty(), rank("y", node(operation, "y", "open").build()));
    assertEquals(OptionalInt.empty(), rank("y", node(operation, "y").build()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Add", "MatMul", "Where"})
  void theLargestRankOfTheOperandsCounts(String operation) {
    assertEquals(OptionalInt.of(3), rank("y", node(operation, "y", "w", "x").build()));
    assertEquals(OptionalInt.of(3), rank("y", node(operation, "y", "x", "w").build()));
    assertEquals(OptionalInt.empty(), rank("y", node(operation, "y", "x", "open").build()));
    assertEquals(OptionalInt.empty(), rank("y", node(operation, "y").build()));
  }

  @Test
  void nodesThatStateTheRankAreRead() {
    assertEquals(OptionalInt.of(2), rank("y", node("Gemm", "y", "open", "w").build()));
    assertEquals(OptionalInt.of(2), rank("y", node("Flatten", "y", "x").build()));
    NodeProto.Builder transpose = node("Transpose", "y", "open");
    assertEquals(OptionalInt.empty(), rank("y", transpose.build()));
    assertEquals(
        OptionalInt.of(4), rank("y", transpose.addAttribute(ints("perm", 0, 2, 1, 3)).build()));
    assertEquals(OptionalInt.of(4), rank("y", node("Reshape", "y", "open", "shape").build()));
    assertEquals(OptionalInt.empty(), rank("y", node("Reshape", "y", "x").build()));
    assertEquals(OptionalInt.empty(), rank("y", node("Reshape", "y", "x", "w").build()));
    assertEquals(
        OptionalInt.of(2),
        rank(
            "y",
            node("Concat", "sizes", "a", "b").build(),
            node("Reshape", "y", "open", "sizes").build()));
    assertEquals(
        OptionalInt.of(3),
        rank(
            "y",
            constant("sizes", Tensors.of("c", 1, 2, 3)),
            node("Reshape", "y", "open", "sizes").build()));
    assertEquals(OptionalInt.of(2), rank("c", constant("c", Tensors.of("c", new float[6], 2, 3))));
    assertEquals(OptionalInt.empty(), rank("c", node("Constant", "c").build()));
    assertEquals(OptionalInt.empty(), rank("y", node("NonZero", "y", "x").build()));
  }

  @Test
  void axesThatAreInsertedCount() {
    NodeProto.Builder old = node("Unsqueeze", "y", "x");
    assertEquals(OptionalInt.empty(), rank("y", old.build()), "no axes");
    assertEquals(OptionalInt.of(5), rank("y", old.addAttribute(ints("axes", 0, 1)).build()));
    NodeProto axes = constant("axes", Tensors.of("c", 0, 1, 2));
    assertEquals(OptionalInt.of(6), rank("y", axes, node("Unsqueeze", "y", "x", "axes").build()));
    assertEquals(
        OptionalInt.empty(), rank("y", axes, node("Unsqueeze", "y", "open", "axes").build()));
    assertEquals(OptionalInt.empty(), rank("y", node("Unsqueeze", "y", "x", "open").build()));
    assertEquals(OptionalInt.empty(), rank("y", node("Unsqueeze", "y").build()));
  }

  @Test
  void constantsAreFoundBehindInitializersAndNodes() {
    Ranks ranks = ranks(constant("c", Tensors.of("c", 1, 2)), node("Relu", "y", "x").build());
    assertEquals(2, ranks.constant("w").orElseThrow().getDimsCount());
    assertEquals(1, ranks.constant("c").orElseThrow().getDimsCount());
    assertTrue(ranks.constant("x").isEmpty());
    assertTrue(ranks.constant("y").isEmpty());
    NodeProto two =
        node("Constant", "c")
            .addAttribute(AttributeProto.newBuilder().setT(Tensors.of("c", 1)))
            .addAttribute(ints("a", 1))
            .build();
    assertFalse(ranks(two).constant("c").isPresent());
  }

  @Test
  void chainsAreFollowedUpToADepthAndCyclesEnd() {
    NodeProto[] chain = new NodeProto[70];
    for (int i = 0; i < chain.length; i++) {
      chain[i] = node("Relu", "r" + i, i == 0 ? "x" : "r" + (i - 1)).build();
    }
    assertEquals(OptionalInt.of(3), rank("r64", chain));
    assertEquals(OptionalInt.empty(), rank("r66", chain));
    assertEquals(
        OptionalInt.empty(),
        rank("a", node("Relu", "a", "b").build(), node("Relu", "b", "a").build()));
  }
}
