package dev.bitfold.onnx.file;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;

/**
 * Brings computed shapes and the order of operands into the forms that ONNX Runtime's fusions look
 * for. Exporters write other forms. The computed values do not change.
 */
public final class CleanShapes {
  private final Graph graph;

  public CleanShapes(Graph graph) {
    this.graph = graph;
  }

  public void clean() {
    for (NodeProto node : graph.nodes()) {
      if (Graph.is(node, "Reshape") && node.getInputCount() == 2) {
        reshape(node);
      } else if (Graph.is(node, "Gather") && node.getInputCount() == 2) {
        positions(node);
      } else if (Graph.is(node, "Add") && node.getInputCount() == 2) {
        bias(node);
      }
    }
    graph.removeUnread();
  }

  /**
   * Makes a shape constant that is joined from sizes of the reshaped tensor's own leading axes and
   * from constants, because 0 stands for an unchanged size. With {@code allowzero}, 0 would stand
   * for no elements. The shape had no 0 before, so the attribute is removed.
   */
  private void reshape(NodeProto node) {
    NodeProto concat = graph.producer(node.getInput(1));
    if (concat == null || !Graph.is(concat, "Concat")) {
      return;
    }
    long[] shape = new long[concat.getInputCount()];
    for (int i = 0; i < shape.length; i++) {
      String part = concat.getInput(i);
      Optional<long[]> constant = integers(part);
      if (constant.isPresent() && constant.get().length == 1 && constant.get()[0] != 0) {
        shape[i] = constant.get()[0];
      } else if (!isSizeOf(part, node.getInput(0), i)) {
        return;
      }
    }
    String name = graph.add(Tensors.of(node.getName() + "/shape", shape));
    NodeProto.Builder reshape = node.toBuilder().setInput(1, name).clearAttribute();
    node.getAttributeList().stream()
        .filter(attribute -> !attribute.getName().equals("allowzero"))
        .forEach(reshape::addAttribute);
    graph.replace(node, reshape.build());
  }

  /** Returns whether a vector of one element is the size of a tensor's axis. */
  private boolean isSizeOf(String part, String tensor, int axis) {
    NodeProto node = graph.producer(part);
    if (node != null && Graph.is(node, "Unsqueeze")) {
      node = graph.producer(node.getInput(0));
    }
    return node != null && Graph.is(node, "Gather") && isSize(node, tensor, axis);
  }

  private boolean isSize(NodeProto gather, String tensor, int axis) {
    NodeProto shape = graph.producer(gather.getInput(0));
    return shape != null
        && Graph.is(shape, "Shape")
        && shape.getAttributeCount() == 0
        && shape.getInput(0).equals(tensor)
        && integers(gather.getInput(1)).filter(i -> i.length == 1 && i[0] == axis).isPresent();
  }

  private Optional<long[]> integers(String value) {
    return graph
        .constant(value)
        .filter(tensor -> tensor.getDataType() == ElementType.INT64.number())
        .map(tensor -> Tensors.integers(graph.file(), tensor));
  }

  /**
   * Moves a bias to the second operand of an addition. As the first operand, it is not fused into
   * the norm after it.
   */
  private void bias(NodeProto add) {
    boolean first = graph.constant(add.getInput(0)).filter(t -> t.getDimsCount() == 1).isPresent();
    if (first && graph.constant(add.getInput(1)).isEmpty()) {
      graph.replace(
          add, add.toBuilder().setInput(0, add.getInput(1)).setInput(1, add.getInput(0)).build());
    }
  }

  /**
   * Replaces positions that are cut from 0, 1, 2 … and have one row for the batch by a row for each
   * sentence, so that the sum of embeddings needs no broadcast.
   */
  private void positions(NodeProto gather) {
    NodeProto slice = graph.producer(gather.getInput(1));
    if (slice == null || !Graph.is(slice, "Slice") || slice.getInputCount() < 4) {
      return;
    }
    Optional<TensorProto> table = graph.constant(slice.getInput(0));
    boolean counts =
        table.filter(t -> t.getDimsCount() == 2 && t.getDims(0) == 1).isPresent()
            && integers(slice.getInput(0)).filter(CleanShapes::isRange).isPresent();
    boolean fromZero =
        is(slice.getInput(1), 0)
            && is(slice.getInput(3), 1)
            && (slice.getInputCount() < 5 || is(slice.getInput(4), 1));
    Optional<String> ids = counts && fromZero ? idsOf(slice.getInput(2)) : Optional.empty();
    if (ids.isEmpty() || !readersSpread(gather)) {
      return;
    }
    String name = gather.getName() + "/positions";
    String one =
        graph.add(
            Tensors.of(name + "/one", ElementType.INT64, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}));
    // The positions are computed from the ids, and not from their Shape. With Shape, ONNX Runtime
    // 1.29 loses the names of the sizes, and then fuses no SkipLayerNormalization in the whole
    // model.
    String counted = int64(name, ids.get());
    String zeros =
        graph.add(name + "/zeros", "Sub", node -> node.addInput(counted).addInput(counted));
    String ones = graph.add(name + "/ones", "Add", node -> node.addInput(zeros).addInput(one));
    String positions =
        graph.add(
            name,
            "CumSum",
            node ->
                node.addInput(ones)
                    .addInput(one)
                    .addAttribute(
                        AttributeProto.newBuilder()
                            .setName("exclusive")
                            .setType(AttributeProto.AttributeType.INT)
                            .setI(1)));
    graph.replace(gather, gather.toBuilder().setInput(1, positions).build());
  }

  /** Returns the ids as 64-bit integers, the type of CumSum and of the constants here. */
  private String int64(String name, String ids) {
    int type =
        graph.graphInput(ids).map(v -> v.getType().getTensorType().getElemType()).orElseThrow();
    if (type == ElementType.INT64.number()) {
      return ids;
    }
    return graph.add(
        name + "/ids",
        "Cast",
        node ->
            node.addInput(ids)
                .addAttribute(
                    AttributeProto.newBuilder()
                        .setName("to")
                        .setType(AttributeProto.AttributeType.INT)
                        .setI(ElementType.INT64.number())));
  }

  /**
   * Returns whether all readers are additions to values with the size of the batch. Only then, one
   * row and a row for each sentence give the same result.
   */
  private boolean readersSpread(NodeProto gather) {
    List<NodeProto> readers = graph.readers(gather.getOutput(0));
    return !graph.isGraphOutput(gather.getOutput(0))
        && readers.size() == 1
        && Graph.is(readers.get(0), "Add");
  }

  private static boolean isRange(long[] values) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] != i) {
        return false;
      }
    }
    return true;
  }

  private boolean is(String value, long expected) {
    return integers(value).filter(v -> Arrays.equals(v, new long[] {expected})).isPresent();
  }

  /** Returns the input of the graph, of rank 2, whose second size a value is. */
  private Optional<String> idsOf(String end) {
    NodeProto node = graph.producer(end);
    if (node != null && Graph.is(node, "Unsqueeze")) {
      node = graph.producer(node.getInput(0));
    }
    if (node == null || !Graph.is(node, "Gather")) {
      return Optional.empty();
    }
    NodeProto shape = graph.producer(node.getInput(0));
    if (shape == null || shape.getInputCount() != 1) {
      return Optional.empty();
    }
    String ids = shape.getInput(0);
    boolean matrix =
        graph
            .graphInput(ids)
            .map(ValueInfoProto::getType)
            .filter(CleanShapes::isMatrix)
            .isPresent();
    return matrix && isSize(node, ids, 1) ? Optional.of(ids) : Optional.empty();
  }

  private static boolean isMatrix(onnx.Onnx.TypeProto type) {
    int element = type.getTensorType().getElemType();
    boolean integers =
        element == ElementType.INT64.number() || element == ElementType.INT32.number();
    return type.hasTensorType() && integers && type.getTensorType().getShape().getDimCount() == 2;
  }
}
