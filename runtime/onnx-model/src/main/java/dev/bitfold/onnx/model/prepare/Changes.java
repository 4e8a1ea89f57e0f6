package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects what passes change. For one thread. */
final class Changes {
  private final OnnxFile original;
  private final long maxWhole;
  private final Set<String> names = new HashSet<>();
  private final List<PrepareReport.Pass> passes = new ArrayList<>();

  Changes(OnnxFile original, long maxWhole) {
    this.original = original;
    this.maxWhole = maxWhole;
    original.model().getGraph().getNodeList().forEach(node -> names.add(node.getName()));
  }

  /** The bytes of weights up to which a file is given to ONNX Runtime in one piece. */
  long maxWhole() {
    return maxWhole;
  }

  /** Whether the original has a node of a name. */
  boolean isOriginal(String node) {
    return names.contains(node);
  }

  /** Notes a change; nothing, if it concerns no name. */
  void note(String what, List<String> names) {
    if (!names.isEmpty()) {
      passes.add(new PrepareReport.Pass(what, names));
    }
  }

  OnnxFile original() {
    return original;
  }

  PrepareReport report(OnnxFile prepared, String proof) {
    return new PrepareReport(
        original.name(),
        original.model().getGraph().getNodeCount(),
        prepared.model().getGraph().getNodeCount(),
        passes,
        proof);
  }
}
