package dev.bitfold.storage;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.PackedTensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** Reads and writes the textual parts of a state: JSON objects whose keys are paths. */
final class StateJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private StateJson() {}

  static String write(Map<String, String> texts) {
    ObjectNode root = JSON.createObjectNode();
    texts.forEach(root::put);
    return root.toString();
  }

  static Map<String, String> read(String json, String what) {
    return read(json, what, JsonNode::textValue);
  }

  static String writeDescriptors(Map<String, QuantDescriptor> descriptors) {
    ObjectNode root = JSON.createObjectNode();
    descriptors.forEach(
        (path, d) -> root.set(path, StrictJson.object(DescriptorJson.write(d), path)));
    return root.toString();
  }

  static Map<String, QuantDescriptor> readDescriptors(String json) {
    return read(json, "the table of descriptors", node -> DescriptorJson.read(node.toString()));
  }

  static String writeNames(Collection<String> names) {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode list = root.putArray("tensors");
    names.forEach(list::add);
    return root.toString();
  }

  static List<String> readNames(String json) {
    List<String> names = new ArrayList<>();
    JsonNode list = StrictJson.object(json, "the list of tensors").path("tensors");
    for (JsonNode name : list) {
      names.add(name.asText());
    }
    return names;
  }

  /** Describes a packed weight without its values. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record PackedShape(String layout, long[] shape) {}

  static String writePacked(Map<String, PackedTensor> packed) {
    ObjectNode root = JSON.createObjectNode();
    packed.forEach(
        (path, tensor) -> {
          ObjectNode node = root.putObject(path).put("layout", tensor.layout().letters());
          ArrayNode shape = node.putArray("shape");
          for (long size : tensor.shape()) {
            shape.add(size);
          }
        });
    return root.toString();
  }

  static Map<String, PackedShape> readPacked(String json) {
    return read(
        json,
        "the table of packed weights",
        node -> {
          JsonNode sizes = node.path("shape");
          long[] shape = new long[sizes.size()];
          for (int i = 0; i < shape.length; i++) {
            shape[i] = sizes.get(i).canConvertToLong() ? sizes.get(i).longValue() : -1;
          }
          return new PackedShape(node.path("layout").asText(), shape);
        });
  }

  private static <T> Map<String, T> read(String json, String what, Function<JsonNode, T> value) {
    Map<String, T> values = new LinkedHashMap<>();
    StrictJson.object(json, what)
        .fields()
        .forEachRemaining(
            entry -> {
              T read = value.apply(entry.getValue());
              if (read == null) {
                throw new IllegalArgumentException(
                    what + ": " + entry.getKey() + " is " + entry.getValue());
              }
              values.put(entry.getKey(), read);
            });
    return values;
  }
}
