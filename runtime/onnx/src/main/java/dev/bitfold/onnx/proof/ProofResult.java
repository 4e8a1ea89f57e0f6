package dev.bitfold.onnx.proof;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Tells what has been proved about an exported file. */
public sealed interface ProofResult {
  /**
   * The file computes what the quantized model computes.
   *
   * @param runtime the version of ONNX Runtime
   * @param data the data of the proof
   * @param compared the number of quantized inputs and outputs of layers, and of outputs of the
   *     file, that were compared, each on all data; and of weights of ONNX Runtime's operators for
   *     blocks, of which every number was compared
   * @param largest the largest difference that was found, relative to the largest value of its
   *     tensor; where codes are compared, among the values that are rounded to another code
   * @param unmoved the nodes whose quantized input had the same code everywhere, so that little is
   *     proved about them; give the proof better data
   * @param settings the entries that a session's configuration must have for the file to compute
   *     this; empty if none are needed
   * @param rounding what an accuracy level of MatMulNBits changes, in which alone the file differs
   *     from the one that was proved; empty if the file is the one that was proved
   */
  record Proved(
      String runtime,
      String data,
      int compared,
      double largest,
      List<String> unmoved,
      Map<String, String> settings,
      Optional<Rounding> rounding)
      implements ProofResult {
    /** Copies the collections, keeping their order. */
    public Proved {
      unmoved = List.copyOf(unmoved);
      settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }
  }

  /**
   * Tells what ONNX Runtime rounds in a file that lets it, on the data of the proof.
   *
   * @param level the accuracy level of MatMulNBits; 4 rounds each block of an input to int8
   * @param products the number of nodes that have it
   * @param ofBound the largest difference of a product, beside the same product of the same input
   *     without the level, as a share of what rounding to 8 bits can explain; at most 1
   * @param largest the largest difference of an output of the file from that of the file without
   *     the level, relative to its Euclidean norm. Nothing bounds it: measure such a file on data
   *     of your own
   * @param output the output that differs by that; empty if none differs
   * @param unoptimized the same as {@code largest} in a session without ONNX Runtime's optimizer.
   *     Scales behind a Cast are constants only with it, and ONNX Runtime 1.29 ignores scales that
   *     are not: a file with a much larger value needs the optimizer, at least its basic level
   */
  record Rounding(
      int level, int products, double ofBound, double largest, String output, double unoptimized) {
    /** More than this much of the difference is no rounding. */
    private static final double OTHERWISE = 4;

    /** Returns whether the file computes something else without ONNX Runtime's optimizer. */
    public boolean needsOptimizer() {
      return unoptimized > OTHERWISE * Math.max(largest, 1e-4);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "accuracy level %d of %d products moves %s by %.2g of its norm; each product is within"
              + " %.2g of what rounding its input to 8 bits can explain%s",
          level,
          products,
          output.isEmpty() ? "no output" : "output " + output,
          largest,
          ofBound,
          needsOptimizer()
              ? String.format(
                  Locale.ROOT,
                  ". It needs ONNX Runtime's optimizer, without which it is off by %.2g",
                  unoptimized)
              : "");
    }
  }

  /**
   * Nothing was proved.
   *
   * @param reason the reason
   */
  record Skipped(String reason) implements ProofResult {}
}
