package dev.bitfold.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.storage.DescriptorJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.shade.jackson.core.type.TypeReference;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Section h: descriptors, from the peers' keyword arguments. */
final class DescriptorOps {
  private static final Map<String, String> ELEMENTS =
      Map.of(
          "num_bits", "bits",
          "fake_quant", "fakeQuant",
          "learn_amax", "learnAmax",
          "scale_amax", "scaleAmax",
          "calib_method", "calib",
          "narrow_range", "narrowRange",
          "scale_bits", "scaleBits");

  private DescriptorOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of("quant_descriptor", DescriptorOps::descriptor);
  }

  private static GoldenResult descriptor(GoldenCase golden) {
    Map<String, @Nullable Object> kwargs =
        new ObjectMapper()
            .convertValue(golden.param("kwargs"), new TypeReference<Map<String, Object>>() {});
    QuantDescriptor descriptor = QuantDescriptor.fromMap(elements(kwargs));
    assertEquals(descriptor, QuantDescriptor.fromMap(descriptor.toMap()));
    assertEquals(descriptor, DescriptorJson.read(DescriptorJson.write(descriptor)));
    return GoldenResult.of("valid", true)
        .leaveOut("dict", "the peers' dictionaries lose values")
        .leaveOut("roundtrip_equal", "ours must be equal, theirs need not");
  }

  private static Map<String, @Nullable Object> elements(Map<String, @Nullable Object> kwargs) {
    Map<String, @Nullable Object> elements = new HashMap<>();
    kwargs.forEach(
        (name, value) -> {
          if (value instanceof Map<?, ?> blocks && name.equals("block_sizes")) {
            blocks(blocks, elements);
          } else {
            elements.put(ELEMENTS.getOrDefault(name, name), value(name, value));
          }
        });
    return elements;
  }

  /** A tuple is a list; a Python list is one too, but not for bits, where only a tuple will do. */
  private static @Nullable Object value(String name, @Nullable Object value) {
    if (value instanceof Map<?, ?> map && map.get("tuple") instanceof List<?> tuple) {
      return tuple;
    }
    if (value instanceof List<?> list && name.endsWith("_bits")) {
      return list.toArray();
    }
    if (!(value instanceof String text) || !name.equals("calib_method")) {
      return value;
    }
    return text.equals("histogram") ? "PERCENTILE" : text.toUpperCase(Locale.ROOT);
  }

  private static void blocks(Map<?, ?> blocks, Map<String, @Nullable Object> elements) {
    List<Object> sizes = new ArrayList<>();
    blocks.forEach(
        (key, value) -> {
          String name = String.valueOf(key);
          if (name.matches("-?\\d+")) {
            sizes.add(block(Integer.parseInt(name), value));
          } else if (name.equals("type")) {
            elements.put("dynamic", dynamic(value));
          } else if (name.equals("scale_block_sizes") && value instanceof Map<?, ?> scales) {
            scales.forEach(
                (axis, size) ->
                    elements.put(
                        "scaleBlockSizes",
                        List.of(block(Integer.parseInt(String.valueOf(axis)), size))));
          } else {
            elements.put(ELEMENTS.getOrDefault(name, name), value(name, value));
          }
        });
    elements.put("blockSizes", sizes);
  }

  /** The peers write None for a block that takes its axis whole. */
  private static Map<String, Object> block(int axis, @Nullable Object size) {
    Map<String, Object> block = new LinkedHashMap<>();
    block.put("axis", axis);
    block.put("size", size == null ? BlockSize.WHOLE : size);
    return block;
  }

  private static Object dynamic(Object type) {
    return switch (String.valueOf(type)) {
      case "dynamic" -> true;
      case "static" -> false;
      default -> type;
    };
  }
}
