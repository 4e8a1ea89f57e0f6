package dev.bitfold.onnx.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import onnx.Onnx.AttributeProto;

/**
 * Lists the operators of ONNX whose meaning changes between two versions, from 6 to 21, and how a
 * node of the earlier version is written in the later one. Source: ONNX's docs/Changelog.md.
 * Operators with a new definition that are not listed here only accept more types, or have new
 * attributes and inputs whose absence means the former behaviour. Changes up to version 11 are in
 * {@link OldOperators}.
 */
final class OpsetChanges {
  /**
   * Describes a change.
   *
   * @param version the first version with the new meaning
   * @param rewrite brings a node with the old meaning to that version
   */
  record Change(long version, Consumer<NodeRewrite> rewrite) {}

  private static final Change AXES_13 = new Change(13, node -> node.toInput("axes", 1));
  private static final Change AXES_18 = new Change(18, node -> node.toInput("axes", 1));
  private static final Change ONE_AXIS_13 = new Change(13, OpsetChanges::oneAxis);

  private static final Map<String, List<Change>> SINCE_11 =
      Map.ofEntries(
          Map.entry("BatchNormalization", List.of(new Change(14, OpsetChanges::inference))),
          Map.entry("DFT", List.of(new Change(20, OpsetChanges::dft))),
          Map.entry("Dropout", List.of(new Change(12, node -> node.remove("ratio")))),
          Map.entry("GridSample", List.of(new Change(20, OpsetChanges::gridSample))),
          Map.entry("GroupNormalization", List.of(new Change(21, OpsetChanges::groupNorm))),
          Map.entry("Hardmax", List.of(ONE_AXIS_13)),
          Map.entry("LogSoftmax", List.of(ONE_AXIS_13)),
          Map.entry("ReduceL1", List.of(AXES_18)),
          Map.entry("ReduceL2", List.of(AXES_18)),
          Map.entry("ReduceLogSum", List.of(AXES_18)),
          Map.entry("ReduceLogSumExp", List.of(AXES_18)),
          Map.entry("ReduceMax", List.of(AXES_18)),
          Map.entry("ReduceMean", List.of(AXES_18)),
          Map.entry("ReduceMin", List.of(AXES_18)),
          Map.entry("ReduceProd", List.of(AXES_18)),
          Map.entry("ReduceSum", List.of(AXES_13)),
          Map.entry("ReduceSumSquare", List.of(AXES_18)),
          Map.entry("RoiAlign", List.of(new Change(16, OpsetChanges::roiAlign))),
          Map.entry("Softmax", List.of(ONE_AXIS_13)),
          Map.entry(
              "Split",
              List.of(
                  new Change(13, node -> node.toInput("split", 1)),
                  new Change(18, OpsetChanges::evenSplit))),
          Map.entry("Squeeze", List.of(AXES_13)),
          Map.entry("Unsqueeze", List.of(AXES_13)));

  private static final Map<String, List<Change>> CHANGES = all();

  private OpsetChanges() {}

  /** Returns all changes by operator. Those up to version 11 come first. */
  private static Map<String, List<Change>> all() {
    Map<String, List<Change>> all = new HashMap<>();
    OldOperators.changes().forEach((name, changes) -> all.put(name, new ArrayList<>(changes)));
    SINCE_11.forEach(
        (name, changes) -> all.computeIfAbsent(name, k -> new ArrayList<>()).addAll(changes));
    return all;
  }

  /** Returns the operators whose meaning changes between two versions. */
  static List<String> operators() {
    return CHANGES.keySet().stream().sorted().toList();
  }

  /** Returns the rewrites that bring a node from one version to a later one, in order. */
  static List<Consumer<NodeRewrite>> between(long from, long to, String operation) {
    List<Consumer<NodeRewrite>> found = new ArrayList<>();
    for (Change change : CHANGES.getOrDefault(operation, List.of())) {
      if (from < change.version() && change.version() <= to) {
        found.add(change.rewrite());
      }
    }
    return found;
  }

  /** Refuses the outputs that the operator has in training, because opset 14 has changed them. */
  private static void inference(NodeRewrite node) {
    if (node.node().getOutputCount() > 1) {
      throw node.refused("has outputs for training, which opset 14 has changed");
    }
  }

  /**
   * Turns the axis into an input. As an attribute its default is 1, as an input it is the last axis
   * but one.
   */
  private static void dft(NodeRewrite node) {
    long axis = node.attribute("axis").map(AttributeProto::getI).orElse(1L);
    byte[] bytes =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(axis).array();
    node.input(2, node.constant(Tensors.of(node.name("axis"), ElementType.INT64, bytes)));
    node.remove("axis");
  }

  /** Renames the modes. */
  private static void gridSample(NodeRewrite node) {
    node.text("mode")
        .ifPresent(
            mode ->
                node.set(
                    "mode",
                    switch (mode) {
                      case "bilinear" -> "linear";
                      case "bicubic" -> "cubic";
                      default -> mode;
                    }));
  }

  /**
   * Replaces the scale and bias of each group by those of each channel. A normalization with scales
   * of groups is written as InstanceNormalization of a tensor with the groups as channels.
   */
  private static void groupNorm(NodeRewrite node) {
    long groups = node.attribute("num_groups").map(AttributeProto::getI).orElse(0L);
    if (groups < 1 || node.node().getInputCount() != 3) {
      throw node.refused("has no num_groups");
    }
    String x = node.node().getInput(0);
    String shape = node.before("Shape", "shape", n -> n.addInput(x));
    String apart = node.constant(Tensors.of(node.name("groups"), 0L, groups, -1L));
    String grouped = node.before("Reshape", "grouped", n -> n.addInput(x).addInput(apart));
    node.node().setOpType("InstanceNormalization").setInput(0, grouped);
    node.remove("num_groups");
    node.remove("stash_type");
    node.reshapeBack(shape);
  }

  /**
   * Keeps the meaning of an axis. Before opset 13, all axes from the given one on counted as one;
   * since then, only the given one counts. For the last axis, both are the same. For other axes,
   * the tensor is flattened and reshaped back.
   */
  private static void oneAxis(NodeRewrite node) {
    long axis = node.attribute("axis").map(AttributeProto::getI).orElse(1L);
    String x = node.node().getInput(0);
    OptionalInt rank = node.rank(0);
    node.set("axis", -1);
    if (axis == -1 || (rank.isPresent() && axis == rank.getAsInt() - 1)) {
      return;
    }
    String shape = node.before("Shape", "shape", n -> n.addInput(x));
    String flat =
        node.before(
            "Flatten", "flat", n -> n.addInput(x).addAttribute(NodeRewrite.integer("axis", axis)));
    node.node().setInput(0, flat);
    node.reshapeBack(shape);
  }

  /** Writes the former default for coordinates, which did not move them by half a pixel. */
  private static void roiAlign(NodeRewrite node) {
    if (node.attribute("coordinate_transformation_mode").isEmpty()) {
      node.set("coordinate_transformation_mode", "output_half_pixel");
    }
  }

  /** Writes the number of parts, which is needed if there are no sizes. */
  private static void evenSplit(NodeRewrite node) {
    if (node.node().getInputCount() < 2 && node.attribute("num_outputs").isEmpty()) {
      node.set("num_outputs", node.node().getOutputCount());
    }
  }
}
