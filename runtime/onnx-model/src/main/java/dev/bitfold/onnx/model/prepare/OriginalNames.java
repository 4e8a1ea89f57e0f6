package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxFile;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.NodeProto;

/** Finds the node of the original file that a node of the prepared file stands for. */
final class OriginalNames {
  private OriginalNames() {}

  /** The original's name of each node: of the same name, else of what yields the same value. */
  static Map<String, String> of(OnnxFile original, OnnxFile prepared) {
    Set<String> names = new HashSet<>();
    Map<String, String> byOutput = new HashMap<>();
    for (NodeProto node : original.model().getGraph().getNodeList()) {
      names.add(node.getName());
      node.getOutputList().forEach(output -> byOutput.put(output, node.getName()));
    }
    Map<String, String> found = new HashMap<>();
    for (NodeProto node : prepared.model().getGraph().getNodeList()) {
      String name = node.getName();
      if (!names.contains(name) && node.getOutputCount() > 0) {
        name = byOutput.getOrDefault(node.getOutput(0), name);
      }
      found.put(node.getName(), name);
    }
    return found;
  }
}
