package dev.bitfold.descriptor;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.annotations.Ste;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/** A descriptor as a map of plain values and back: one entry for each element. */
final class DescriptorMap {
  /** Reads one element from a descriptor, and puts it into a builder. */
  private record Element(
      Function<QuantDescriptor.Builder, Object> get,
      BiConsumer<QuantDescriptor.Builder, Object> set) {}

  private static final Map<String, Element> ELEMENTS = elements();

  private DescriptorMap() {}

  static Map<String, Object> toMap(QuantDescriptor.Builder values) {
    QuantDescriptor.Builder defaults = QuantDescriptor.builder();
    Map<String, Object> map = new LinkedHashMap<>();
    ELEMENTS.forEach(
        (name, element) -> {
          Object value = element.get.apply(values);
          if (!value.equals(element.get.apply(defaults))) {
            map.put(name, value);
          }
        });
    return map;
  }

  static QuantDescriptor fromMap(Map<String, ?> map) {
    QuantDescriptor.Builder builder = QuantDescriptor.builder();
    PeerDictionary.elements(map)
        .forEach(
            (name, value) -> {
              Element element = ELEMENTS.get(name);
              if (element == null) {
                throw new IllegalArgumentException(
                    "a descriptor has no \""
                        + name
                        + "\"; "
                        + NearestName.question(name, ELEMENTS.keySet()));
              }
              if (value == null) {
                throw wrong(name, null, "a value; leave it out for the default");
              }
              element.set.accept(builder, value);
            });
    return builder.build();
  }

  private static Map<String, Element> elements() {
    Map<String, Element> all = new LinkedHashMap<>();
    all.put("bits", new Element(b -> single(b.bits), (b, v) -> b.bits(ints("bits", v))));
    all.put("format", named(b -> b.format, Format.class, "format", (b, v) -> b.format(v)));
    all.put("axis", new Element(b -> b.axis, (b, v) -> b.axis(ints("axis", v))));
    all.put("per", new Element(b -> b.per, (b, v) -> b.per(text("per", v))));
    all.put(
        "blockSizes",
        new Element(b -> blocks(b.blockSizes), (b, v) -> b.blockSizes(blocks("blockSizes", v))));
    all.put("dynamic", flag(b -> b.dynamic, "dynamic", (b, v) -> b.dynamic(v)));
    all.put("calib", named(b -> b.calib, Calib.class, "calib", (b, v) -> b.calib(v)));
    all.put(
        "percentile",
        new Element(b -> b.percentile, (b, v) -> b.percentile(number("percentile", v))));
    all.put("bins", new Element(b -> b.bins, (b, v) -> b.bins(integer("bins", v))));
    all.put(
        "scaleBits",
        new Element(b -> single(b.scaleBits), (b, v) -> b.scaleBits(ints("scaleBits", v))));
    all.put(
        "scaleBlockSizes",
        new Element(
            b -> blocks(b.scaleBlockSizes),
            (b, v) -> b.scaleBlockSizes(blocks("scaleBlockSizes", v))));
    all.put(
        "scaleRule",
        named(b -> b.scaleRule, ScaleRule.class, "scaleRule", (b, v) -> b.scaleRule(v)));
    all.put(
        "rounding", named(b -> b.rounding, Rounding.class, "rounding", (b, v) -> b.rounding(v)));
    all.put("unsigned", flag(b -> b.unsigned, "unsigned", (b, v) -> b.unsigned(v)));
    all.put("narrowRange", flag(b -> b.narrowRange, "narrowRange", (b, v) -> b.narrowRange(v)));
    all.put("affine", flag(b -> b.affine, "affine", (b, v) -> b.affine(v)));
    all.put("amax", new Element(b -> single(b.amax), (b, v) -> b.amax(floats("amax", v))));
    all.put(
        "scaleAmax", new Element(b -> b.scaleAmax, (b, v) -> b.scaleAmax(number("scaleAmax", v))));
    all.put("learnAmax", flag(b -> b.learnAmax, "learnAmax", (b, v) -> b.learnAmax(v)));
    all.put("ste", named(b -> b.ste, Ste.class, "ste", (b, v) -> b.ste(v)));
    all.put("fakeQuant", flag(b -> b.fakeQuant, "fakeQuant", (b, v) -> b.fakeQuant(v)));
    all.put("name", new Element(b -> b.name, (b, v) -> b.name(text("name", v))));
    return all;
  }

  private static Element flag(
      Function<QuantDescriptor.Builder, Object> get,
      String name,
      BiConsumer<QuantDescriptor.Builder, Boolean> set) {
    return new Element(
        get,
        (builder, value) -> {
          if (!(value instanceof Boolean flag)) {
            throw wrong(name, value, "true or false");
          }
          set.accept(builder, flag);
        });
  }

  private static <E extends Enum<E>> Element named(
      Function<QuantDescriptor.Builder, E> get,
      Class<E> type,
      String name,
      BiConsumer<QuantDescriptor.Builder, E> set) {
    return new Element(
        builder -> get.apply(builder).name(),
        (builder, value) -> {
          String wanted = text(name, value);
          E found =
              Arrays.stream(type.getEnumConstants())
                  .filter(constant -> constant.name().equals(wanted))
                  .findFirst()
                  .orElseThrow(
                      () ->
                          new IllegalArgumentException(
                              name
                                  + " = \""
                                  + wanted
                                  + "\" is unknown; there are "
                                  + Arrays.stream(type.getEnumConstants())
                                      .map(Enum::name)
                                      .collect(Collectors.joining(", "))));
          set.accept(builder, found);
        });
  }

  /** A list of one as its element. */
  private static Object single(List<?> values) {
    return values.size() == 1 ? values.get(0) : values;
  }

  private static List<Map<String, Object>> blocks(List<BlockSize> sizes) {
    return sizes.stream()
        .map(
            block -> {
              Map<String, Object> map = new LinkedHashMap<>();
              if (block.along().isEmpty()) {
                map.put("axis", block.axis());
              } else {
                map.put("along", block.along());
              }
              map.put("size", block.size());
              return map;
            })
        .toList();
  }

  private static BlockSize[] blocks(String name, Object value) {
    return list(value).stream().map(each -> block(name, each)).toArray(BlockSize[]::new);
  }

  private static BlockSize block(String name, Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw wrong(name, value, "a list of maps, as {axis: -1, size: 32}");
    }
    for (Object key : map.keySet()) {
      if (!List.of("axis", "along", "size").contains(key)) {
        throw new IllegalArgumentException(
            name + ": a block has no \"" + key + "\"; it has axis or along, and size");
      }
    }
    Object size = map.get("size");
    Object axis = map.get("axis");
    Object along = map.get("along");
    if (size == null || (axis != null && along != null)) {
      throw wrong(name, value, "a block with size, and with axis or along");
    }
    int elements = integer(name + ": size", size);
    return along != null
        ? BlockSize.along(text(name + ": along", along), elements)
        : BlockSize.axis(axis == null ? -1 : integer(name + ": axis", axis), elements);
  }

  private static List<?> list(Object value) {
    return value instanceof List<?> list ? list : List.of(value);
  }

  private static int[] ints(String name, Object value) {
    return list(value).stream().mapToInt(each -> integer(name, each)).toArray();
  }

  /**
   * Returns the numbers of nested lists in c order, as arrays with a value for each channel are
   * written.
   */
  private static double[] floats(String name, Object value) {
    if (value instanceof List<?> list
        && list.stream().anyMatch(List.class::isInstance)
        && list.stream().map(each -> each instanceof List<?> l ? l.size() : -1).distinct().count()
            > 1) {
      throw wrong(name, value, "a float, or a list of floats, or one of lists of one length");
    }
    return list(value).stream()
        .flatMapToDouble(
            each ->
                each instanceof List<?>
                    ? Arrays.stream(floats(name, each))
                    : DoubleStream.of(single(name, each)))
        .toArray();
  }

  private static double single(String name, Object value) {
    // A count of something is easily taken for an amax: floats are written as floats.
    if (!(value instanceof Float || value instanceof Double)) {
      throw wrong(name, value, "a float, as 3.0, or a list of them");
    }
    return ((Number) value).doubleValue();
  }

  private static int integer(String name, Object value) {
    if (value instanceof Integer || value instanceof Long || value instanceof Short) {
      long number = ((Number) value).longValue();
      if (number == (int) number) {
        return (int) number;
      }
    }
    throw wrong(name, value, "an integer");
  }

  private static double number(String name, Object value) {
    if (!(value instanceof Number number)) {
      throw wrong(name, value, "a number");
    }
    return number.doubleValue();
  }

  private static String text(String name, Object value) {
    if (!(value instanceof String text)) {
      throw wrong(name, value, "a string");
    }
    return text;
  }

  private static IllegalArgumentException wrong(
      String name, @Nullable Object value, String wanted) {
    String type = value == null ? "" : " (" + value.getClass().getSimpleName() + ")";
    return new IllegalArgumentException(name + " = " + value + type + " is not " + wanted);
  }
}
