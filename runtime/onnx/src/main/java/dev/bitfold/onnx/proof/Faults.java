package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.OnnxException;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.jspecify.annotations.Nullable;

/**
 * What a proof says that fails.
 *
 * @param file names the export
 * @param exported the file that is proved
 */
record Faults(String file, ModelProto exported) {
  private static final String SKIP =
      "; the file is not written. options.withProof(OnnxProof.skipped(reason)) writes it unproved";

  /** The proof cannot be made. */
  static OnnxException unproved(String file, String why, Throwable cause) {
    return new OnnxException(file, "cannot be proved: " + why + SKIP, cause);
  }

  OnnxException fault(String what) {
    return fault(what, null);
  }

  OnnxException fault(String what, @Nullable Throwable cause) {
    return new OnnxException(file, "the exported file " + what + SKIP, cause);
  }

  /** The same fault, of a file that is right without the optimizer. */
  OnnxException ofOptimizer(OnnxException fault) {
    return new OnnxException(
        file,
        fault.problem()
            + ". Without ONNX Runtime's optimizer the file is right"
            + (hasSignedMatrix()
                ? "; with it, x86 CPUs without VNNI saturate sums of products of uint8 and int8. If"
                    + " this is one, calibrate with weightAmax(OnnxQdq.nonSaturating()), or export"
                    + " with options.withUnsignedWeights(true)"
                : ""),
        fault);
  }

  private boolean hasSignedMatrix() {
    return exported.getGraph().getInitializerList().stream()
        .anyMatch(t -> t.getDataType() == ElementType.INT8.number() && t.getDimsCount() > 1);
  }

  /**
   * The file computes something else.
   *
   * @param node the first that differs
   * @param place where it shows
   */
  OnnxException differs(String node, Bound.Difference difference, String place) {
    return fault(
        "is not the quantized model: node "
            + node
            + " differs first, seen at "
            + place
            + " "
            + difference.text()
            + "; the bound is "
            + Bound.RELATIVE);
  }

  /** The node that a message of ONNX Runtime names, and the message. */
  String at(OrtRuns.RunException e) {
    String message = String.valueOf(e.getMessage());
    String found = "";
    for (NodeProto node : exported.getGraph().getNodeList()) {
      String name = node.getName();
      if (name.length() > found.length()
          && (message.contains("(" + name + ")")
              || message.contains("'" + name + "'")
              || message.contains("\"" + name + "\""))) {
        found = name;
      }
    }
    return (found.isEmpty() ? "" : ", because of node " + found) + ": " + message;
  }
}
