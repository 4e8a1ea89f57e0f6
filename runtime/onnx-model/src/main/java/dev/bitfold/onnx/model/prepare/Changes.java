package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxFile;
import java.util.ArrayList;
import java.util.List;

/** Collects what passes change. For one thread. */
final class Changes {
  private final OnnxFile original;
  private final long maxWhole;
  private final OriginalNames names;
  private final List<PrepareReport.Pass> passes = new ArrayList<>();

  Changes(OnnxFile original, long maxWhole) {
    this.original = original;
    this.maxWhole = maxWhole;
    this.names = new OriginalNames(original);
  }

  /** The bytes of weights up to which a file is given to ONNX Runtime in one piece. */
  long maxWhole() {
    return maxWhole;
  }

  /** The original's names of nodes. */
  OriginalNames names() {
    return names;
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
