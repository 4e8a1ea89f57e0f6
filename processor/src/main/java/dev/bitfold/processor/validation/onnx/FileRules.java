package dev.bitfold.processor.validation.onnx;

import dev.bitfold.internal.graph.OnnxNode;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.onnx.FileNode;
import dev.bitfold.processor.reader.onnx.DeclaredOnnx;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Checks that a file holds something to quantize. */
final class FileRules {
  private static final int MAX_REASONS = 3;

  private FileRules() {}

  /** Returns whether the file can be quantized; otherwise it is reported. */
  static boolean check(DeclaredOnnx declared, Problems problems) {
    Place place = declared.use().place("value");
    String type = declared.type().getSimpleName().toString();
    Optional<FileNode> quantized =
        declared.nodes().stream()
            .filter(node -> OnnxNode.isOnCodes(node.node().operator()))
            .findFirst();
    if (quantized.isPresent()) {
      problems.add(
          ProblemId.ONNX_QUANTIZED,
          place,
          type,
          declared.resource(),
          quantized.get().name(),
          quantized.get().node().operator());
      return false;
    }
    if (declared.nodes().stream().noneMatch(FileRules::mayBeLayer)) {
      problems.add(
          ProblemId.ONNX_WITHOUT_LAYERS,
          place,
          type,
          declared.resource(),
          reasons(declared.nodes().stream().filter(FileRules::isMeant).toList()));
      return false;
    }
    return true;
  }

  /** A node of another operator is named after a layer only where there is one. */
  private static boolean mayBeLayer(FileNode node) {
    boolean other = node.node().isStandard() && node.node().graphs().isEmpty() && !isMeant(node);
    return !other && node.state() != FileNode.State.NEVER;
  }

  private static boolean isMeant(FileNode node) {
    return Set.of("MatMul", "Gemm", "Conv", "ConvTranspose", "Gather")
        .contains(node.node().operator());
  }

  /** Returns why some nodes are no layers. */
  static String reasons(List<FileNode> nodes) {
    List<String> some =
        nodes.stream()
            .limit(MAX_REASONS)
            .map(node -> node.name() + " (" + node.node().operator() + "): " + node.reason())
            .toList();
    int more = nodes.size() - some.size();
    return some.isEmpty()
        ? "no node multiplies by weights"
        : String.join("; ", some) + (more > 0 ? "; and " + more + " more" : "");
  }
}
