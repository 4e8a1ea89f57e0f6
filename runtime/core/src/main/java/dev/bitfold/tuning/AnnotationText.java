package dev.bitfold.tuning;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Formats a descriptor as an annotation. */
final class AnnotationText {
  /** The types of the elements whose values are constants of an enum. */
  private static final Map<String, String> ENUMS =
      Map.of(
          "format", "Format",
          "calib", "Calib",
          "scaleRule", "ScaleRule",
          "rounding", "Rounding",
          "ste", "Ste");

  private AnnotationText() {}

  /** Returns {@code @Quantize(…)} with the elements that differ from their defaults. */
  static String of(Role role, QuantDescriptor descriptor) {
    List<String> elements = new ArrayList<>();
    if (role != Role.WEIGHT) {
      elements.add("role = Role." + role);
    }
    Map<String, Object> values = descriptor.toMap();
    if (!values.containsKey("bits") && !values.containsKey("format")) {
      elements.add("bits = 8");
    }
    values.forEach((name, value) -> elements.add(name + " = " + value(name, value)));
    return "@Quantize(" + String.join(", ", elements) + ")";
  }

  private static String value(String name, Object value) {
    if (value instanceof List<?> list) {
      return list.size() == 1
          ? value(name, list.get(0))
          : list.stream().map(v -> value(name, v)).collect(Collectors.joining(", ", "{", "}"));
    }
    if (value instanceof Map<?, ?> block) {
      return block.entrySet().stream()
          .map(e -> e.getKey() + " = " + value(String.valueOf(e.getKey()), e.getValue()))
          .collect(Collectors.joining(", ", "@Block(", ")"));
    }
    if (value instanceof String text) {
      return ENUMS.containsKey(name) ? ENUMS.get(name) + "." + text : "\"" + text + "\"";
    }
    return String.valueOf(value);
  }
}
