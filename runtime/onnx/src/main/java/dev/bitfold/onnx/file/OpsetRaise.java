package dev.bitfold.onnx.file;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;

/**
 * Raises the version of a model's standard operators: what has changed its meaning on the way is
 * rewritten, after ONNX's own list of changes (docs/Changelog.md there).
 *
 * @param file named in messages
 * @param from the version of the model
 * @param to the version to reach
 */
public record OpsetRaise(String file, long from, long to) {
  private static final long OLDEST = 11;
  private static final long NEWEST = 21;
  private static final Set<String> REDUCTIONS =
      Set.of(
          "ReduceMax",
          "ReduceMean",
          "ReduceMin",
          "ReduceProd",
          "ReduceL1",
          "ReduceL2",
          "ReduceLogSum",
          "ReduceLogSumExp",
          "ReduceSumSquare");
  private static final Set<String> FLATTENING = Set.of("Softmax", "LogSoftmax", "Hardmax");

  /** The version of the standard operators that a model imports. */
  public static long of(String file, ModelProto model) {
    return model.getOpsetImportList().stream()
        .filter(opset -> isStandard(opset.getDomain()))
        .mapToLong(OperatorSetIdProto::getVersion)
        .findFirst()
        .orElseThrow(() -> new OnnxException(file, "imports no version of ONNX's operators"));
  }

  private static boolean isStandard(String domain) {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }

  /**
   * The model at the higher version.
   *
   * @throws OnnxException if an operator cannot be brought there
   */
  public ModelProto apply(ModelProto model) {
    if (to <= from) {
      return model;
    }
    if (from < OLDEST || to > NEWEST) {
      throw new OnnxException(
          file,
          "is of opset "
              + from
              + " and "
              + to
              + " is needed; raised are opsets from "
              + OLDEST
              + " to "
              + NEWEST
              + ": convert it with onnx.version_converter first");
    }
    ModelProto.Builder raised = model.toBuilder();
    for (OperatorSetIdProto.Builder opset : raised.getOpsetImportBuilderList()) {
      if (isStandard(opset.getDomain())) {
        opset.setVersion(to);
      }
    }
    return raised.setGraph(graph(model.getGraph(), "")).build();
  }

  private GraphProto graph(GraphProto graph, String prefix) {
    GraphProto.Builder raised = graph.toBuilder().clearNode();
    Ranks ranks = new Ranks(graph);
    int unique = 0;
    for (NodeProto node : graph.getNodeList()) {
      String name = node.getOutputCount() == 0 ? prefix : node.getOutput(0);
      NodeProto.Builder changed = node.toBuilder();
      List<NodeProto> before = new ArrayList<>();
      List<NodeProto> after = new ArrayList<>();
      if (isStandard(node.getDomain())) {
        raise(node, changed, name + "/opset" + to + "_" + unique++, ranks, before, after);
      }
      for (AttributeProto.Builder attribute : changed.getAttributeBuilderList()) {
        if (attribute.hasG()) {
          attribute.setG(graph(attribute.getG(), name));
        }
        for (int i = 0; i < attribute.getGraphsCount(); i++) {
          attribute.setGraphs(i, graph(attribute.getGraphs(i), name));
        }
      }
      before.forEach(raised::addNode);
      raised.addNode(changed);
      after.forEach(raised::addNode);
    }
    return raised.build();
  }

  private boolean crosses(long version) {
    return from < version && version <= to;
  }

  private void raise(
      NodeProto node,
      NodeProto.Builder changed,
      String name,
      Ranks ranks,
      List<NodeProto> before,
      List<NodeProto> after) {
    String operation = node.getOpType();
    if (crosses(12) && operation.equals("Dropout")) {
      removed(changed, "ratio");
    }
    if (crosses(13)
        && (operation.equals("Squeeze")
            || operation.equals("Unsqueeze")
            || operation.equals("ReduceSum"))) {
      toInput(changed, "axes", 1, name, before);
    }
    if (crosses(13) && operation.equals("Split")) {
      toInput(changed, "split", 1, name, before);
    }
    if (crosses(13) && FLATTENING.contains(operation)) {
      softmax(changed, ranks, name, before, after);
    }
    if (crosses(14) && operation.equals("BatchNormalization") && node.getOutputCount() > 1) {
      throw refused(node, "has outputs for training, which opset 14 has changed");
    }
    if (crosses(18) && REDUCTIONS.contains(operation)) {
      toInput(changed, "axes", 1, name, before);
    }
    if (crosses(18)
        && operation.equals("Split")
        && changed.getInputCount() < 2
        && attribute(changed, "num_outputs").isEmpty()) {
      changed.addAttribute(integer("num_outputs", node.getOutputCount()));
    }
  }

  /**
   * Before 13 all axes from the given one on were taken as one; after it, the one alone. The same
   * for the last axis; for others the tensor is flattened and brought back.
   */
  private static void softmax(
      NodeProto.Builder node,
      Ranks ranks,
      String name,
      List<NodeProto> before,
      List<NodeProto> after) {
    long axis = attribute(node, "axis").map(AttributeProto::getI).orElse(1L);
    String x = node.getInput(0);
    OptionalInt rank = ranks.of(x);
    removed(node, "axis");
    node.addAttribute(integer("axis", -1));
    if (axis == -1 || (rank.isPresent() && axis == rank.getAsInt() - 1)) {
      return;
    }
    String shape = name + "_shape";
    String flat = name + "_flat";
    String result = name + "_softmax";
    before.add(plain("Shape", shape, x));
    before.add(plain("Flatten", flat, x).toBuilder().addAttribute(integer("axis", axis)).build());
    after.add(
        NodeProto.newBuilder()
            .setName(name + "_reshape")
            .setOpType("Reshape")
            .addInput(result)
            .addInput(shape)
            .addOutput(node.getOutput(0))
            .build());
    node.setInput(0, flat).setOutput(0, result);
  }

  private static NodeProto plain(String operation, String output, String input) {
    return NodeProto.newBuilder()
        .setName(output)
        .setOpType(operation)
        .addInput(input)
        .addOutput(output)
        .build();
  }

  private static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  /** An attribute of integers becomes an input that a Constant yields. */
  private static void toInput(
      NodeProto.Builder node, String name, int input, String unique, List<NodeProto> before) {
    Optional<AttributeProto> attribute = attribute(node, name);
    if (attribute.isEmpty()) {
      return;
    }
    long[] values = attribute.get().getIntsList().stream().mapToLong(Long::longValue).toArray();
    String value = unique + "_" + name;
    TensorProto tensor = Tensors.of(value, values);
    before.add(
        NodeProto.newBuilder()
            .setName(value)
            .setOpType("Constant")
            .addOutput(value)
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("value")
                    .setType(AttributeProto.AttributeType.TENSOR)
                    .setT(tensor))
            .build());
    while (node.getInputCount() <= input) {
      node.addInput("");
    }
    node.setInput(input, value);
    removed(node, name);
  }

  private static Optional<AttributeProto> attribute(NodeProto.Builder node, String name) {
    return node.getAttributeList().stream().filter(a -> a.getName().equals(name)).findFirst();
  }

  private static void removed(NodeProto.Builder node, String name) {
    for (int i = node.getAttributeCount() - 1; i >= 0; i--) {
      if (node.getAttribute(i).getName().equals(name)) {
        node.removeAttribute(i);
      }
    }
  }

  private OnnxException refused(NodeProto node, String why) {
    return new OnnxException(
        file,
        "node "
            + node.getName()
            + " ("
            + node.getOpType()
            + ") "
            + why
            + "; convert the file to opset "
            + to
            + " with onnx.version_converter first");
  }
}
