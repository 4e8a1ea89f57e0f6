package dev.bitfold.storage;

import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Map;
import java.util.Objects;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.core.type.TypeReference;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Reads and writes descriptors as JSON: the map of {@link QuantDescriptor#toMap} as an object. */
public final class DescriptorJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private DescriptorJson() {}

  /** Returns the descriptor as a JSON object on one line. */
  public static String write(QuantDescriptor descriptor) {
    Objects.requireNonNull(descriptor, "descriptor");
    try {
      return MAPPER.writeValueAsString(descriptor.toMap());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write " + descriptor, e);
    }
  }

  /**
   * Returns the descriptor that {@link #write} wrote.
   *
   * @throws IllegalArgumentException if the text is not exactly one JSON object, a key is unknown
   *     or occurs twice, or a value has the wrong type
   * @throws InvalidDescriptorException if the values break a rule
   */
  public static QuantDescriptor read(String json) {
    Objects.requireNonNull(json, "json");
    Map<String, Object> map =
        MAPPER.convertValue(
            StrictJson.object(json, "a descriptor"), new TypeReference<Map<String, Object>>() {});
    return QuantDescriptor.fromMap(map);
  }
}
