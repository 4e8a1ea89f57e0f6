package dev.bitfold.onnx.file;

import java.util.List;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;

/**
 * Raises the version of a model's standard operators. Operators whose meaning changes are rewritten
 * ({@link OpsetChanges}).
 *
 * @param file the name in messages
 * @param from the version of the model
 * @param to the version to reach
 */
public record OpsetRaise(String file, long from, long to) {
  private static final long OLDEST = 6;
  private static final long NEWEST = 21;

  /**
   * Returns the version of the standard operators that a model imports.
   *
   * @throws OnnxException if the model imports none, or two versions
   */
  public static long of(String file, ModelProto model) {
    List<Long> versions =
        model.getOpsetImportList().stream()
            .filter(opset -> Graph.isStandard(opset.getDomain()))
            .map(OperatorSetIdProto::getVersion)
            .distinct()
            .toList();
    if (versions.size() != 1) {
      throw new OnnxException(
          file,
          versions.isEmpty()
              ? "imports no version of ONNX's operators"
              : "imports ONNX's operators in the versions "
                  + versions
                  + ", under the names \"\" and \"ai.onnx\"; save it with one of them");
    }
    return versions.get(0);
  }

  /**
   * Returns the model in the higher version.
   *
   * @throws OnnxException if an operator cannot be brought to that version
   */
  public ModelProto apply(ModelProto model) {
    if (to <= from) {
      return with(model, from);
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
    return with(model, to).toBuilder().setGraph(graph(model.getGraph(), "")).build();
  }

  /** Returns the model with one import of the standard operators. */
  private static ModelProto with(ModelProto model, long version) {
    ModelProto.Builder one = model.toBuilder().clearOpsetImport();
    one.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(version));
    model.getOpsetImportList().stream()
        .filter(opset -> !Graph.isStandard(opset.getDomain()))
        .forEach(one::addOpsetImport);
    return one.build();
  }

  private GraphProto graph(GraphProto graph, String prefix) {
    GraphProto.Builder raised = graph.toBuilder().clearNode();
    Ranks ranks = new Ranks(graph);
    int unique = 0;
    for (NodeProto node : graph.getNodeList()) {
      String name = node.getOutputCount() == 0 ? prefix : node.getOutput(0);
      NodeRewrite rewrite =
          new NodeRewrite(node, name + "/opset" + to + "_" + unique++, ranks, this::refused);
      if (Graph.isStandard(node.getDomain())) {
        OpsetChanges.between(from, to, node.getOpType()).forEach(change -> change.accept(rewrite));
      }
      NodeProto.Builder changed = rewrite.node();
      for (AttributeProto.Builder attribute : changed.getAttributeBuilderList()) {
        if (attribute.hasG()) {
          attribute.setG(graph(attribute.getG(), name));
        }
        for (int i = 0; i < attribute.getGraphsCount(); i++) {
          attribute.setGraphs(i, graph(attribute.getGraphs(i), name));
        }
      }
      rewrite.before().forEach(raised::addNode);
      raised.addNode(changed);
      rewrite.after().forEach(raised::addNode);
    }
    return raised.build();
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
