package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.session.SessionException;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.jspecify.annotations.Nullable;

/**
 * Makes the exceptions of a failed proof.
 *
 * @param file the name of the export
 * @param exported the file that is proved
 */
record Faults(String file, ModelProto exported) {
  private static final String SKIP =
      "; the file is not written. options.withProof(OnnxProof.skipped(reason)) writes it unproved";

  /** Returns the exception for a proof that is not possible. */
  static OnnxException unproved(String file, String why, Throwable cause) {
    return new OnnxException(file, "cannot be proved: " + why + SKIP, cause);
  }

  OnnxException fault(String what) {
    return fault(what, null);
  }

  OnnxException fault(String what, @Nullable Throwable cause) {
    return new OnnxException(file, "the exported file " + what + SKIP, cause);
  }

  /** Returns the same fault for a file that is correct without the optimizer. */
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
   * Returns the exception for a file that computes something else.
   *
   * @param node the first node that differs
   * @param place the place where the difference was found
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

  /** Returns the node that a message of ONNX Runtime names, and the message. */
  String at(SessionException e) {
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
