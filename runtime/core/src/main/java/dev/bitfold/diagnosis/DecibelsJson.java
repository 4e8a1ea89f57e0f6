package dev.bitfold.diagnosis;

import java.util.OptionalDouble;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * Reads and writes decibels in summaries and diagnoses. The value is null if nothing is lost. The
 * field is missing if it was not measured.
 */
final class DecibelsJson {
  private DecibelsJson() {}

  static void write(ObjectNode node, String field, OptionalDouble decibels) {
    if (decibels.isEmpty()) {
      return;
    }
    if (Double.isInfinite(decibels.getAsDouble())) {
      node.putNull(field);
    } else {
      node.put(field, decibels.getAsDouble());
    }
  }

  static OptionalDouble read(JsonNode node, String field) {
    JsonNode decibels = node.path(field);
    if (decibels.isNull()) {
      return OptionalDouble.of(Double.POSITIVE_INFINITY);
    }
    return decibels.isNumber() ? OptionalDouble.of(decibels.asDouble()) : OptionalDouble.empty();
  }
}
