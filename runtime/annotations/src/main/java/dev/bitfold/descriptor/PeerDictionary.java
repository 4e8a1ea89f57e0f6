package dev.bitfold.descriptor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the descriptors of NVIDIA ModelOpt and pytorch-quantization give as dictionaries, in
 * the terms of {@link QuantDescriptor#toMap}. A Python tuple is a map {@code {tuple: [4, 3]}}, as a
 * list is something else there.
 */
final class PeerDictionary {
  private static final Map<String, String> NAMES =
      Map.of(
          "num_bits", "bits",
          "block_sizes", "blockSizes",
          "calib_method", "calib",
          "narrow_range", "narrowRange",
          "learn_amax", "learnAmax",
          "scale_amax", "scaleAmax",
          "scale_bits", "scaleBits",
          "fake_quant", "fakeQuant");

  /** The elements that peers write as None if they are not given. */
  private static final Set<String> MAY_BE_NULL =
      Set.of("axis", "amax", "name", "scale_amax", "block_sizes");

  private final Map<String, @Nullable Object> elements = new LinkedHashMap<>();

  private PeerDictionary() {}

  /**
   * Returns the map with names and values of our own; one that has such already stays as it is.
   *
   * @throws IllegalArgumentException if a value has the wrong type, or an element is given twice
   */
  static Map<String, @Nullable Object> elements(Map<String, ?> map) {
    PeerDictionary dictionary = new PeerDictionary();
    map.forEach(dictionary::add);
    return dictionary.elements;
  }

  private void add(String key, @Nullable Object value) {
    if (value == null && MAY_BE_NULL.contains(key)) {
      return;
    }
    if (key.equals("block_sizes")) {
      blocks(value);
    } else if (key.equals("calib_method") && value instanceof String method) {
      put(
          key,
          method.equals("histogram") ? "PERCENTILE" : method.toUpperCase(java.util.Locale.ROOT));
    } else {
      put(key, plain(key, value));
    }
  }

  private void put(String key, @Nullable Object value) {
    String name = NAMES.getOrDefault(key, key);
    if (elements.containsKey(name)) {
      throw new IllegalArgumentException(
          key + " = " + value + ", and " + name + " = " + elements.get(name) + " is given too");
    }
    elements.put(name, value);
  }

  /** A tuple is a list here, and a list of bits is wrong. */
  private static @Nullable Object plain(String key, @Nullable Object value) {
    if (value instanceof Map<?, ?> map
        && map.size() == 1
        && map.get("tuple") instanceof List<?> tuple) {
      return tuple;
    }
    if (value instanceof List<?> && key.endsWith("_bits")) {
      throw new IllegalArgumentException(
          key + " = " + value + " is a list; a format is a tuple, as {tuple: [4, 3]}");
    }
    return value;
  }

  private void blocks(@Nullable Object value) {
    if (!(value instanceof Map<?, ?> blocks)) {
      throw new IllegalArgumentException(
          "block_sizes = " + value + " is not a map of axes and sizes, as {-1: 16}");
    }
    List<Map<String, Object>> sizes = new ArrayList<>();
    blocks.forEach(
        (key, each) -> {
          String name = String.valueOf(key);
          switch (name) {
            case "type" -> put("dynamic", isDynamic(each));
            case "scale_bits" -> put(name, plain(name, each));
            case "scale_block_sizes" -> put("scaleBlockSizes", axes(each));
            default -> sizes.add(block(name, each));
          }
        });
    if (!sizes.isEmpty()) {
      put("block_sizes", sizes);
    }
  }

  private static boolean isDynamic(@Nullable Object type) {
    if ("dynamic".equals(type) || "static".equals(type)) {
      return "dynamic".equals(type);
    }
    throw new IllegalArgumentException(
        "block_sizes: type = " + type + " is neither \"dynamic\" nor \"static\"");
  }

  private static List<Map<String, Object>> axes(@Nullable Object value) {
    if (!(value instanceof Map<?, ?> axes)) {
      throw new IllegalArgumentException(
          "scale_block_sizes = " + value + " is not a map of axes and sizes, as {-1: 256}");
    }
    List<Map<String, Object>> sizes = new ArrayList<>();
    axes.forEach((axis, size) -> sizes.add(block(String.valueOf(axis), size)));
    return sizes;
  }

  /** Peers write None for a block that takes its axis whole. */
  private static Map<String, Object> block(String axis, @Nullable Object size) {
    if (!axis.matches("-?[0-9]{1,9}")) {
      throw new IllegalArgumentException(
          "block_sizes: "
              + axis
              + " is no axis; the keys are axes, type, scale_bits and scale_block_sizes");
    }
    Map<String, Object> block = new LinkedHashMap<>();
    block.put("axis", Integer.valueOf(axis));
    block.put("size", size == null ? BlockSize.WHOLE : size);
    return block;
  }
}
