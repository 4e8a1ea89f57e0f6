package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Float16;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import java.util.Optional;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * Writes the scales of blocks. Scales that are all exactly float16 numbers are written as float16
 * behind a Cast if that makes the file smaller. ONNX Runtime computes the Cast once, when it loads
 * the file, so that the operators behind it read the same float32 constant.
 */
final class BlockScales {
  private static final String CAST = "Cast";

  /** A tag and a length of up to 3 bytes, for the node and for the name of the constant. */
  private static final int FRAMES = 8;

  private BlockScales() {}

  /** Writes scales, and returns the name of their float32 value. */
  static String write(Graph graph, String name, float[] values, long... shape) {
    TensorProto whole = Tensors.of(name, values, shape);
    Optional<TensorProto> half = Float16.exactly(name + "_float16", values, shape);
    if (half.isEmpty()) {
      return graph.add(whole);
    }
    NodeProto cast =
        cast(
                NodeProto.newBuilder().setOpType(CAST).setName(name).addOutput(name),
                half.get().getName())
            .build();
    int needed = half.get().getSerializedSize() + cast.getSerializedSize() + FRAMES;
    if (needed >= whole.getSerializedSize()) {
      return graph.add(whole);
    }
    String held = graph.add(half.get());
    return graph.add(name, CAST, node -> cast(node, held));
  }

  private static NodeProto.Builder cast(NodeProto.Builder node, String input) {
    return node.addInput(input).addAttribute(QdqNodes.integer("to", ElementType.FLOAT.number()));
  }
}
