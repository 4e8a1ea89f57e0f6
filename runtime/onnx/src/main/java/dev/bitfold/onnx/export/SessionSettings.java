package dev.bitfold.onnx.export;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.State;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.storage.StateFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds the session settings with which ONNX Runtime computes what an exported file describes.
 *
 * @param entries the entries of a session's configuration; empty if any session computes it
 * @param otherwise what ONNX Runtime does in a session without them
 */
record SessionSettings(Map<String, String> entries, String otherwise) {
  private static final long FP8 = 19;

  /** With the value 1, inputs of MatMulNBits stay float. */
  private static final String ACCURACY = "session.qdq_matmulnbits_accuracy_level";

  /**
   * With the value 1, nothing is fused with DequantizeLinear, and DequantizeLinear of a constant is
   * computed once.
   */
  private static final String NOT_FUSED = "session.disable_quant_qdq";

  /** Returns the entries as a message shows them. */
  String inWords() {
    return entries.entrySet().stream()
        .map(entry -> entry.getKey() + " = " + entry.getValue())
        .collect(Collectors.joining(" and "));
  }

  /**
   * Returns the settings without which ONNX Runtime 1.29 would compute something else.
   *
   * @param originals the SHA-256 of the float model's weights and biases
   * @param asBlocks the layers whose weight is written without DequantizeLinear, which nothing is
   *     fused with
   */
  static SessionSettings of(StateFile stored, Map<String, String> originals, Set<String> asBlocks) {
    boolean blocks = false;
    boolean alone = false;
    boolean products = false;
    boolean floats = false;
    State state = stored.state();
    for (Map.Entry<String, QuantDescriptor> tensor : state.descriptors().entrySet()) {
      String path = tensor.getKey();
      QuantDescriptor descriptor = tensor.getValue();
      String layer = LayerState.layerOf(path);
      boolean weight =
          stored.schema().entry(path).role() == TensorRole.WEIGHT && !asBlocks.contains(layer);
      blocks |= weight && !descriptor.blockSizes().isEmpty();
      alone |= weight && new LayerState(layer, stored, originals).hasFloatInput();
      products |= isActivation(stored, path) && !descriptor.dynamic();
      floats |= FormatTypes.of(descriptor.format()).filter(type -> type.opset() == FP8).isPresent();
    }
    Map<String, String> settings = new LinkedHashMap<>();
    List<String> otherwise = new ArrayList<>();
    // Blocks and int8 weights of float inputs are fused into MatMulNBits, which also rounds the
    // inputs to 8 bits. Even without this rounding, it is slow for whole channels.
    boolean once = alone && !blocks && !products;
    if (blocks || alone) {
      otherwise.add(
          "ONNX Runtime also rounds inputs to 8 bits that the quantized model keeps float");
    }
    if (blocks || (alone && !once)) {
      settings.put(ACCURACY, "1");
    }
    // FP8 around a MatMul is fused into an operator that does not support FP8.
    if (floats) {
      otherwise.add("ONNX Runtime fuses products of FP8 into an operator that has no FP8");
    }
    if (floats || once) {
      settings.put(NOT_FUSED, "1");
    }
    return new SessionSettings(settings, String.join(", and ", otherwise));
  }

  private static boolean isActivation(StateFile stored, String path) {
    return stored.schema().entry(path).role() != TensorRole.WEIGHT;
  }
}
