package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * Describes where a tensor has the channels that a node has made: on one axis, or on several axes
 * into which it was split, such as the heads of attention. Immutable.
 *
 * @param axes these axes counted from the end, -1 for the last, in the order in which their indices
 *     form the channel's index
 * @param count the number of channels
 * @param rank the rank of the tensor; 0 if it is not known
 */
record Channels(List<Integer> axes, long count, int rank) {
  /** Copies the axes. */
  Channels {
    axes = List.copyOf(axes);
  }

  /** Returns channels on the last axis of a tensor of any rank. */
  static Channels last(long count) {
    return new Channels(List.of(-1), count, 0);
  }

  /** Returns channels on the second axis of a tensor, as convolutions make them. */
  static Channels second(long count, int rank) {
    return new Channels(List.of(1 - rank), count, rank);
  }

  /**
   * Returns whether the channels are on the axis where a node reads them, with a number of axes
   * behind it.
   */
  boolean areRead(int axesBehind) {
    return axes.equals(List.of(-1 - axesBehind));
  }

  /**
   * Returns where the channels are after a node.
   *
   * @param value the input of the node that holds them
   * @return empty if the node mixes them, moves them apart, or is an operation that is not known
   *     here
   */
  Optional<Channels> behind(Graph graph, NodeProto node, String value) {
    if (!Graph.isStandard(node.getDomain()) || node.getInputCount() == 0) {
      return Optional.empty();
    }
    boolean data = node.getInput(0).equals(value);
    return switch (node.getOpType()) {
      case "Identity", "Dropout" -> data ? Optional.of(this) : Optional.empty();
      // Factors are above 0, and these yield f(kx) = k f(x) for each channel alone.
      case "Relu", "LeakyRelu" -> data ? Optional.of(this) : Optional.empty();
      case "MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool" ->
          data && rank > 2 && axes.equals(List.of(1 - rank)) ? Optional.of(this) : Optional.empty();
      case "Transpose" -> data ? transposed(ints(node, "perm")) : Optional.empty();
      case "Reshape" ->
          data && node.getInputCount() == 2
              ? reshaped(sizes(graph, node.getInput(1)))
              : Optional.empty();
      case "Flatten" -> data ? flattened(node) : Optional.empty();
      case "Squeeze" -> data ? moved(graph, node, false) : Optional.empty();
      case "Unsqueeze" -> data ? moved(graph, node, true) : Optional.empty();
      // The last axis of the second factor stays, and so do the axes before the last two.
      case "MatMul" ->
          !data && node.getInputCount() == 2 && !axes.contains(-2)
              ? Optional.of(this)
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static List<Long> ints(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .findFirst()
        .map(AttributeProto::getIntsList)
        .orElse(List.of());
  }

  /** Returns the sizes of a shape; empty for a size that the file does not fix. */
  private static List<Optional<Long>> sizes(Graph graph, String shape) {
    Optional<TensorProto> constant = graph.constant(shape);
    List<Optional<Long>> sizes = new ArrayList<>();
    if (constant.isPresent()) {
      for (long size : Tensors.integers(graph.file(), constant.get())) {
        sizes.add(Optional.of(size));
      }
      return sizes;
    }
    NodeProto concat = graph.producer(shape);
    if (concat != null && Graph.is(concat, "Concat")) {
      for (String part : concat.getInputList()) {
        sizes.add(
            graph
                .constant(part)
                .map(tensor -> Tensors.integers(graph.file(), tensor))
                .filter(values -> values.length == 1)
                .map(values -> values[0]));
      }
    }
    return sizes;
  }

  private Optional<Channels> transposed(List<Long> perm) {
    if (perm.isEmpty() || (rank > 0 && rank != perm.size())) {
      return Optional.empty();
    }
    int size = perm.size();
    List<Integer> moved = new ArrayList<>();
    for (int axis : axes) {
      int at = perm.indexOf((long) size + axis);
      if (at < 0) {
        return Optional.empty();
      }
      moved.add(at - size);
    }
    return Optional.of(new Channels(moved, count, size));
  }

  /**
   * Returns whether the channels are the last axes, in order, so that each channel is contiguous.
   */
  private boolean areLast() {
    for (int i = 0; i < axes.size(); i++) {
      if (axes.get(i) != i - axes.size()) {
        return false;
      }
    }
    return true;
  }

  private Optional<Channels> reshaped(List<Optional<Long>> sizes) {
    int now = sizes.size();
    int at = rank + axes.get(0);
    boolean copied = rank > 0 && axes.size() == 1 && at < now;
    for (int i = 0; copied && i <= at; i++) {
      copied = sizes.get(i).equals(Optional.of(0L));
    }
    if (copied) {
      return Optional.of(new Channels(List.of(at - now), count, now));
    }
    if (!areLast()) {
      return Optional.empty();
    }
    long product = 1;
    for (int i = 1; i <= now; i++) {
      Optional<Long> size = sizes.get(now - i);
      boolean rest = i == 1 && size.equals(Optional.of(-1L)) && leadingAreCopied(sizes);
      if (!rest && size.filter(s -> s > 0).isEmpty()) {
        return Optional.empty();
      }
      product *= rest ? count : size.orElseThrow();
      if (product == count) {
        List<Integer> split = new ArrayList<>();
        for (int axis = -i; axis < 0; axis++) {
          split.add(axis);
        }
        return Optional.of(new Channels(split, count, now));
      }
    }
    return Optional.empty();
  }

  /** Returns whether all axes before the last are the axes before the channels. */
  private boolean leadingAreCopied(List<Optional<Long>> sizes) {
    return rank > 0
        && sizes.size() - 1 == rank - axes.size()
        && sizes.subList(0, sizes.size() - 1).stream().allMatch(Optional.of(0L)::equals);
  }

  private Optional<Channels> flattened(NodeProto node) {
    long axis =
        node.getAttributeList().stream()
            .filter(attribute -> attribute.getName().equals("axis"))
            .mapToLong(AttributeProto::getI)
            .findFirst()
            .orElse(1);
    boolean keeps = areLast() && (axis == -axes.size() || (rank > 0 && axis == rank - axes.size()));
    return keeps ? Optional.of(new Channels(List.of(-1), count, 2)) : Optional.empty();
  }

  /** Returns the channels after axes of size 1 are removed or inserted. */
  private Optional<Channels> moved(Graph graph, NodeProto node, boolean in) {
    List<Long> given = new ArrayList<>(ints(node, "axes"));
    if (node.getInputCount() > 1) {
      Optional<TensorProto> constant = graph.constant(node.getInput(1));
      if (constant.isEmpty()) {
        return Optional.empty();
      }
      for (long axis : Tensors.integers(graph.file(), constant.get())) {
        given.add(axis);
      }
    }
    if (rank == 0 || given.isEmpty()) {
      return Optional.empty();
    }
    int wide = in ? rank + given.size() : rank;
    List<Integer> ones = new ArrayList<>();
    given.forEach(axis -> ones.add((int) (axis < 0 ? axis + wide : axis)));
    List<Integer> kept = new ArrayList<>();
    for (int axis = 0; axis < wide; axis++) {
      if (!ones.contains(axis)) {
        kept.add(axis);
      }
    }
    int now = in ? wide : kept.size();
    List<Integer> moved = new ArrayList<>();
    for (int axis : axes) {
      int at = rank + axis;
      int to = in ? kept.get(at) : kept.indexOf(at);
      if (to < 0) {
        return Optional.empty();
      }
      moved.add(to - now);
    }
    return Optional.of(new Channels(moved, count, now));
  }
}
