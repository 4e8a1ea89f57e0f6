package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.Graph;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.NodeProto;

/**
 * Writes a Gemm whose weight has blocks behind DequantizeLinear as a MatMul of [in, out] and an
 * Add. ONNX Runtime 1.29 fuses DequantizeLinear with a MatMul if the blocks are along the weight's
 * first axis; with a Gemm, or behind a Transpose, it computes the whole weight in each run.
 */
final class BlockGemms {
  private final Graph graph;
  private final QdqNodes qdq;
  private final Map<String, String> turned = new HashMap<>();

  BlockGemms(Graph graph, QdqNodes qdq) {
    this.graph = graph;
    this.qdq = qdq;
  }

  void write() {
    Map<String, WeightCodes> weights = Map.copyOf(qdq.weights());
    for (NodeProto node : graph.nodes()) {
      WeightCodes codes = Graph.is(node, "Gemm") ? weights.get(node.getInput(1)) : null;
      if (codes != null) {
        boolean transposed =
            node.getAttributeList().stream()
                .anyMatch(a -> a.getName().equals("transB") && a.getI() != 0);
        boolean fused = NBits.areIntegers(codes) && NBits.isBlock(codes.block());
        if (fused && codes.axis() == (transposed ? 1 : 0)) {
          write(node, codes, transposed);
        }
      }
    }
  }

  private void write(NodeProto node, WeightCodes codes, boolean transposed) {
    String held = node.getInput(1);
    String weight =
        transposed
            ? turned.computeIfAbsent(held, key -> qdq.weight(node.getName(), codes.turned()))
            : held;
    List<String> inputs = node.getInputList();
    graph.replace(
        node,
        node.toBuilder()
            .setOpType("MatMul")
            .clearAttribute()
            .clearInput()
            .addInput(inputs.get(0))
            .addInput(weight)
            .build());
    if (inputs.size() > 2 && !inputs.get(2).isEmpty()) {
      NodeProto product = graph.node(node.getName()).orElseThrow();
      String whole = product.getOutput(0);
      String plain = graph.divert(product.getOutput(0), "/product");
      graph.addInto(
          whole,
          node.getName() + "/Add",
          "Add",
          add -> add.addInput(plain).addInput(inputs.get(2)));
    }
  }
}
