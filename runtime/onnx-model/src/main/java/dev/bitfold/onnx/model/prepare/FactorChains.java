package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * Makes one factor of several constant ones in a row: products, and quotients by constants. A
 * quotient on its own stays, as {@code x / c} and {@code x * (1 / c)} are other numbers.
 */
final class FactorChains {
  private final Graph graph;
  private final List<String> merged = new ArrayList<>();

  /** A node that multiplies a value by a constant, or divides it by one. */
  private record Factor(NodeProto node, String value, TensorProto constant, boolean divides) {}

  private FactorChains(Graph graph) {
    this.graph = graph;
  }

  static OnnxFile of(OnnxFile file, Changes changes) {
    FactorChains chains = new FactorChains(new Graph(file));
    for (NodeProto node : chains.graph.sorted()) {
      chains.graph.node(node.getName()).flatMap(chains::factor).ifPresent(chains::merge);
    }
    if (chains.merged.isEmpty()) {
      return file;
    }
    changes.note("constant factors merged with the factor behind them", chains.merged);
    chains.graph.removeUnread();
    return new OnnxFile(
        file.name(), file.model().toBuilder().setGraph(chains.graph.toProto()).build());
  }

  private Optional<Factor> factor(NodeProto node) {
    boolean divides = Graph.is(node, "Div");
    if ((!divides && !Graph.is(node, "Mul")) || node.getInputCount() != 2) {
      return Optional.empty();
    }
    Optional<TensorProto> second = constant(node.getInput(1));
    if (second.isPresent()) {
      return second.map(c -> new Factor(node, node.getInput(0), c, divides));
    }
    return divides
        ? Optional.empty()
        : constant(node.getInput(0)).map(c -> new Factor(node, node.getInput(1), c, false));
  }

  private Optional<TensorProto> constant(String value) {
    return graph
        .constant(value)
        .filter(tensor -> tensor.getDataType() == ElementType.FLOAT.number());
  }

  /** Takes the factor before one into it, if nothing else reads what is between them. */
  private void merge(Factor outer) {
    boolean alone = !graph.isGraphOutput(outer.value()) && graph.readers(outer.value()).size() == 1;
    Optional<Factor> inner =
        Optional.ofNullable(graph.producer(outer.value()))
            .filter(before -> alone)
            .flatMap(this::factor);
    Optional<TensorProto> product = inner.flatMap(i -> product(i, outer));
    if (product.isEmpty()) {
      return;
    }
    NodeProto node = outer.node();
    NodeProto changed =
        node.toBuilder()
            .clearInput()
            .setOpType("Mul")
            .addInput(inner.orElseThrow().value())
            .addInput(graph.add(product.get()))
            .build();
    graph.remove(inner.orElseThrow().node());
    graph.replace(node, changed);
    merged.add(inner.orElseThrow().node().getName());
  }

  /** Of two constants of one shape, or one of which is a number without more axes. */
  private Optional<TensorProto> product(Factor inner, Factor outer) {
    float[] a = Tensors.floats(graph.file(), inner.constant());
    float[] b = Tensors.floats(graph.file(), outer.constant());
    boolean same = inner.constant().getDimsList().equals(outer.constant().getDimsList());
    boolean spreadA =
        a.length == 1 && inner.constant().getDimsCount() <= outer.constant().getDimsCount();
    boolean spreadB =
        b.length == 1 && outer.constant().getDimsCount() <= inner.constant().getDimsCount();
    if (!same && !spreadA && !spreadB) {
      return Optional.empty();
    }
    TensorProto shape = same || spreadA ? outer.constant() : inner.constant();
    float[] product = new float[Math.max(a.length, b.length)];
    for (int i = 0; i < product.length; i++) {
      double x = a[a.length == 1 ? 0 : i];
      double y = b[b.length == 1 ? 0 : i];
      product[i] = (float) ((inner.divides() ? 1 / x : x) * (outer.divides() ? 1 / y : y));
      if (!Float.isFinite(product[i]) || product[i] == 0) {
        return Optional.empty();
      }
    }
    return Optional.of(
        Tensors.of(
            outer.node().getName() + "/factor",
            product,
            shape.getDimsList().stream().mapToLong(Long::longValue).toArray()));
  }
}
