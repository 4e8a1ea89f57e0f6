package dev.bitfold.processor.onnx;

import dev.bitfold.internal.graph.OnnxAttribute;
import dev.bitfold.internal.graph.OnnxGraph;
import dev.bitfold.internal.graph.OnnxNode;
import dev.bitfold.internal.graph.OnnxTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Follows values back to constants through nodes that preparing a file always removes. */
final class FileConstants {
  private final OnnxGraph graph;
  private final Map<String, OnnxNode> producers = new HashMap<>();

  FileConstants(OnnxGraph graph) {
    this.graph = graph;
    graph.nodes().forEach(node -> node.outputs().forEach(output -> producers.put(output, node)));
  }

  Optional<OnnxNode> producer(String value) {
    return Optional.ofNullable(producers.get(value));
  }

  /**
   * Returns the constant that a value is: an initializer or the value of a Constant, also behind
   * Identity, Cast and Transpose.
   */
  Optional<OnnxTensor> of(String value) {
    return of(value, graph.nodes().size());
  }

  private Optional<OnnxTensor> of(String value, int steps) {
    OnnxTensor held = graph.constants().get(value);
    if (held != null) {
      return Optional.of(held);
    }
    OnnxNode node = producers.get(value);
    if (node == null || steps < 0 || !node.isStandard()) {
      return Optional.empty();
    }
    if (node.operator().equals("Constant")) {
      return node.attributes().stream()
          .filter(attribute -> attribute.name().equals("value"))
          .flatMap(attribute -> attribute.tensor().stream())
          .findFirst();
    }
    if (node.inputs().size() != 1) {
      return Optional.empty();
    }
    String from = node.inputs().get(0);
    return switch (node.operator()) {
      case "Identity" -> of(from, steps - 1);
      case "Cast" ->
          of(from, steps - 1)
              .map(t -> new OnnxTensor(t.name(), (int) node.integer("to", 0), t.shape()));
      case "Transpose" -> of(from, steps - 1).flatMap(tensor -> transposed(tensor, node));
      default -> Optional.empty();
    };
  }

  private static Optional<OnnxTensor> transposed(OnnxTensor tensor, OnnxNode node) {
    List<Long> order =
        node.attributes().stream()
            .filter(attribute -> attribute.name().equals("perm"))
            .map(OnnxAttribute::integers)
            .findFirst()
            .orElse(List.of());
    int rank = tensor.shape().size();
    List<Long> shape = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      long from = order.isEmpty() ? rank - 1 - axis : axis < order.size() ? order.get(axis) : -1;
      if (from < 0 || from >= rank) {
        return Optional.empty();
      }
      shape.add(tensor.shape().get((int) from));
    }
    return Optional.of(new OnnxTensor(tensor.name(), tensor.type(), shape));
  }
}
