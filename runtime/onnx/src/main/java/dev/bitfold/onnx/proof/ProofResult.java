package dev.bitfold.onnx.proof;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is known of an exported file. */
public sealed interface ProofResult {
  /**
   * The file computes what the quantized model does.
   *
   * @param runtime the version of ONNX Runtime
   * @param data what it was run on
   * @param compared how many quantized inputs and outputs of layers, and outputs of the file, were
   *     compared, each on all data
   * @param largest the largest difference that was found, relative to the largest value of its
   *     tensor; where codes are compared, of the values that are rounded to another code
   * @param unmoved the nodes whose quantized input had one and the same code everywhere, so that
   *     little is proved of them: give the proof better data
   * @param settings the entries that a session's configuration must have for the file to compute
   *     this; empty for a file that runs with any
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
   * @param reason why
   */
  record Skipped(String reason) implements ProofResult {}
}
