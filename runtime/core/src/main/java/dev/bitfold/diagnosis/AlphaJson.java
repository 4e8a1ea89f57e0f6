package dev.bitfold.diagnosis;

import dev.bitfold.descriptor.Alpha;
import java.util.Optional;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * Reads and writes the field {@code alpha} of summaries and diagnoses. The value is a number, or
 * null for "off". The field is missing if SmoothQuant was not run.
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
   * @throws IllegalArgumentException if the value is anything else
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
