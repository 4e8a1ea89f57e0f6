package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * Writes HardSigmoid as the product, sum and Clip that it is, {@code clip(alpha x + beta, 0, 1)};
 * HardSwish was written with it by ONNX Runtime's optimizer. Behind a convolution, factor and sum
 * are then folded into it, and Clip vanishes into what rounds its output. ONNX Runtime computes
 * HardSigmoid on floats alone, and these operators on integers as well.
 */
final class HardSigmoids {
  private static final float ALPHA = 0.2f;
  private static final float BETA = 0.5f;

  private static final Set<Integer> OTHER_FLOATS =
      Set.of(
          TensorProto.DataType.FLOAT16_VALUE,
          TensorProto.DataType.BFLOAT16_VALUE,
          TensorProto.DataType.DOUBLE_VALUE);

  private final Graph graph;
  private final List<String> written = new ArrayList<>();

  private HardSigmoids(Graph graph) {
    this.graph = graph;
  }

  /** Writes each HardSigmoid that alone reads the output of a convolution. */
  static OnnxFile behindConvolutions(OnnxFile file, Changes changes) {
    return of(file, changes, false);
  }

  /** Writes all of them. */
  static OnnxFile everywhere(OnnxFile file, Changes changes) {
    return of(file, changes, true);
  }

  private static OnnxFile of(OnnxFile file, Changes changes, boolean all) {
    if (hasOtherFloats(file.model().getGraph())) {
      return file;
    }
    HardSigmoids sigmoids = new HardSigmoids(new Graph(file));
    for (NodeProto node : sigmoids.graph.sorted()) {
      if (Graph.is(node, "HardSigmoid") && (all || sigmoids.isBehindConvolution(node))) {
        sigmoids.write(node);
      }
    }
    if (sigmoids.written.isEmpty()) {
      return file;
    }
    changes.note("HardSigmoid written as Mul, Add and Clip", sigmoids.written);
    return new OnnxFile(
        file.name(), file.model().toBuilder().setGraph(sigmoids.graph.toProto()).build());
  }

  /** Whether there may be tensors of a type that float32 constants cannot be added to. */
  private static boolean hasOtherFloats(GraphProto graph) {
    Stream<Integer> stored = graph.getInitializerList().stream().map(TensorProto::getDataType);
    Stream<Integer> fed =
        graph.getInputList().stream().map(in -> in.getType().getTensorType().getElemType());
    Stream<Integer> cast =
        graph.getNodeList().stream()
            .flatMap(node -> node.getAttributeList().stream())
            .map(a -> a.getName().equals("to") ? (int) a.getI() : a.getT().getDataType());
    return Stream.of(stored, fed, cast).flatMap(types -> types).anyMatch(OTHER_FLOATS::contains);
  }

  private boolean isBehindConvolution(NodeProto node) {
    NodeProto before = graph.producer(node.getInput(0));
    return before != null
        && (Graph.is(before, "Conv") || Graph.is(before, "ConvTranspose"))
        && !graph.isGraphOutput(node.getInput(0))
        && graph.readers(node.getInput(0)).size() == 1;
  }

  private void write(NodeProto node) {
    String scaled = with(node, "Mul", node.getInput(0), attribute(node, "alpha", ALPHA));
    String moved = with(node, "Add", scaled, attribute(node, "beta", BETA));
    graph.replace(
        node,
        node.toBuilder()
            .setOpType("Clip")
            .clearAttribute()
            .clearInput()
            .addAllInput(List.of(moved, constant(node, 0), constant(node, 1)))
            .build());
    written.add(node.getName());
  }

  /** Adds an operator with a constant. */
  private String with(NodeProto node, String operator, String x, float constant) {
    return graph.add(
        node.getName() + "/" + operator,
        operator,
        added -> added.addInput(x).addInput(constant(node, constant)));
  }

  private String constant(NodeProto node, float value) {
    return graph.add(Tensors.of(node.getName() + "/constant", new float[] {value}));
  }

  private static float attribute(NodeProto node, String name, float otherwise) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .map(AttributeProto::getF)
        .findFirst()
        .orElse(otherwise);
  }
}
