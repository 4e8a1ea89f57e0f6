package dev.bitfold.onnx.proof;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tells what has been proved about an exported file. */
public sealed interface ProofResult {
  /**
   * The file computes what the quantized model computes.
   *
   * @param runtime the version of ONNX Runtime
   * @param data the data of the proof
   * @param compared the number of quantized inputs and outputs of layers, and of outputs of the
   *     file, that were compared, each on all data
   * @param largest the largest difference that was found, relative to the largest value of its
   *     tensor; where codes are compared, among the values that are rounded to another code
   * @param unmoved the nodes whose quantized input had the same code everywhere, so that little is
   *     proved about them; give the proof better data
   * @param settings the entries that a session's configuration must have for the file to compute
   *     this; empty if none are needed
   */
  record Proved(
      String runtime,
      String data,
      int compared,
      double largest,
      List<String> unmoved,
      Map<String, String> settings)
      implements ProofResult {
    /** Copies the collections, keeping their order. */
    public Proved {
      unmoved = List.copyOf(unmoved);
      settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }
  }

  /**
   * Nothing was proved.
   *
   * @param reason the reason
   */
  record Skipped(String reason) implements ProofResult {}
}
