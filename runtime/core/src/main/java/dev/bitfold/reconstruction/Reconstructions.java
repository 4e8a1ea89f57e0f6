package dev.bitfold.reconstruction;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells what a reconstruction has done. Immutable.
 *
 * @param weights the reconstructed weights, in the order in which the model computes
 * @param left the quantized weights that stayed as they were, with the reason, by path
 */
public record Reconstructions(List<Reconstruction> weights, Map<String, String> left) {
  /** Nothing was reconstructed. */
  public static final Reconstructions NONE = new Reconstructions(List.of(), Map.of());

  /** Copies the collections, keeping their order. */
  public Reconstructions {
    weights = List.copyOf(weights);
    left = Collections.unmodifiableMap(new LinkedHashMap<>(left));
  }

  /**
   * Checks that nothing was reconstructed.
   *
   * @param remedy what to do, for the message
   * @throws IllegalStateException if something was
   */
  public void requireNone(String remedy) {
    if (!weights.isEmpty()) {
      throw new IllegalStateException(
          "the weights are reconstructed already, for the inputs as they are: " + remedy);
    }
  }

  /** Returns one line for each weight. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Reconstruction weight : weights) {
      text.append(weight.path()).append(": ").append(weight.inWords()).append('\n');
    }
    left.forEach(
        (path, reason) -> text.append(path).append(": as it was, ").append(reason).append('\n'));
    return text.toString();
  }
}
