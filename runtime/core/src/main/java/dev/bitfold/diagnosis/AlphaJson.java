package dev.bitfold.diagnosis;

import dev.bitfold.descriptor.Alpha;
import java.util.Optional;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * The field {@code alpha} of summaries and diagnoses: a number, null for "off", left out where
 * SmoothQuant was not run.
 */
final class AlphaJson {
  private static final String FIELD = "alpha";

  private AlphaJson() {}

  static void write(ObjectNode node, Alpha alpha) {
    alpha.fixed().ifPresentOrElse(value -> node.put(FIELD, value), () -> node.putNull(FIELD));
  }

  /**
   * Reads what {@link #write} has written, or the texts of earlier versions: {@code "0.5"}, and
   * {@code "NaN"} for "off".
   *
   * @throws IllegalArgumentException if it is something else
   */
  static Optional<Alpha> read(JsonNode node) {
    JsonNode alpha = node.path(FIELD);
    if (alpha.isMissingNode()) {
      return Optional.empty();
    }
    if (alpha.isNull() || alpha.asText().equals("NaN")) {
      return Optional.of(Alpha.off());
    }
    try {
      return Optional.of(Alpha.of(Double.parseDouble(alpha.asText())));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("alpha is neither a number nor null: " + alpha, e);
    }
  }
}
