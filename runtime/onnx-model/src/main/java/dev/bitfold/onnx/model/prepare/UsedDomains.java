package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;

/** Takes domains that no node is of out of the imports, to which ONNX Runtime adds all it knows. */
final class UsedDomains {
  private UsedDomains() {}

  static OnnxFile only(OnnxFile file, Changes changes) {
    Set<String> used = new HashSet<>();
    collect(file.model().getGraph().getNodeList(), used);
    ModelProto.Builder model = file.model().toBuilder().clearOpsetImport();
    for (OperatorSetIdProto opset : file.model().getOpsetImportList()) {
      if (Graph.isStandard(opset.getDomain()) || used.contains(opset.getDomain())) {
        model.addOpsetImport(opset);
      }
    }
    List<String> gone = new ArrayList<>();
    for (OperatorSetIdProto opset : changes.original().model().getOpsetImportList()) {
      if (!Graph.isStandard(opset.getDomain()) && !used.contains(opset.getDomain())) {
        gone.add(opset.getDomain());
      }
    }
    changes.note("domains that no node is of, no longer imported", gone);
    return new OnnxFile(file.name(), model.build());
  }

  private static void collect(List<NodeProto> nodes, Set<String> used) {
    for (NodeProto node : nodes) {
      used.add(node.getDomain());
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          collect(attribute.getG().getNodeList(), used);
        }
        for (GraphProto inner : attribute.getGraphsList()) {
          collect(inner.getNodeList(), used);
        }
      }
    }
  }
}
