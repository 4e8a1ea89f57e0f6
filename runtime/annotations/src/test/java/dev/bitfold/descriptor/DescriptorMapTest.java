package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.annotations.Ste;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DescriptorMapTest {
  /** One step of many: any combination may be valid or not. */
  @Provide
  Arbitrary<List<Consumer<QuantDescriptor.Builder>>> steps() {
    Arbitrary<Consumer<QuantDescriptor.Builder>> step =
        Arbitraries.of(
            b -> b.bits(4),
            b -> b.bits(4, 3),
            b -> b.format(Format.NF4),
            b -> b.axis(0, -1),
            b -> b.axis(1),
            b -> b.per("NT"),
            b -> b.blockSizes(BlockSize.axis(-1, 16), BlockSize.along("O", 2)),
            b -> b.blockSizes(BlockSize.axis(0, BlockSize.WHOLE)),
            b -> b.dynamic(true),
            b -> b.calib(Calib.PERCENTILE).percentile(99.9),
            b -> b.calib(Calib.MSE).bins(512),
            b -> b.scaleBits(8, 0).scaleRule(ScaleRule.CEIL),
            b -> b.scaleBits(4, 3),
            b -> b.scaleBlockSizes(BlockSize.axis(-1, 256)),
            b -> b.rounding(Rounding.TOWARD_ZERO),
            b -> b.unsigned(true),
            b -> b.narrowRange(true),
            b -> b.affine(true),
            b -> b.amax(0.1),
            b -> b.amax(0.1, 2, 3e-8),
            b -> b.scaleAmax(0.7),
            b -> b.learnAmax(true),
            b -> b.ste(Ste.LSQ),
            b -> b.fakeQuant(false),
            b -> b.name("w \"1\""));
    return step.list().ofMaxSize(6);
  }

  @Property(tries = 3000)
  void everyDescriptorComesBack(@ForAll("steps") List<Consumer<QuantDescriptor.Builder>> steps) {
    QuantDescriptor.Builder builder = QuantDescriptor.builder();
    steps.forEach(step -> step.accept(builder));
    Assume.that(builder.problems().isEmpty());
    QuantDescriptor descriptor = builder.build();
    QuantDescriptor back = QuantDescriptor.fromMap(descriptor.toMap());
    assertEquals(descriptor, back);
    assertEquals(descriptor.hashCode(), back.hashCode());
    assertEquals(descriptor.toString(), back.toString());
  }

  @Test
  void onlyWhatDiffersFromTheDefaultIsThere() {
    assertEquals(Map.of(), QuantDescriptor.bits(8).toMap());
    assertEquals(
        Map.of(
            "bits", List.of(2, 1),
            "blockSizes", List.of(Map.of("along", "I", "size", 16)),
            "scaleBits", List.of(4, 3),
            "dynamic", true),
        QuantDescriptor.builder()
            .bits(2, 1)
            .blockSizes(BlockSize.along("I", 16))
            .scaleBits(4, 3)
            .dynamic(true)
            .build()
            .toMap());
  }

  @Test
  void theKeysAreTheElementsOfTheAnnotation() {
    Set<String> elements =
        Arrays.stream(Quantize.class.getDeclaredMethods())
            .map(java.lang.reflect.Method::getName)
            .filter(name -> !name.equals("role"))
            .collect(Collectors.toSet());
    for (String element : elements) {
      String message =
          String.valueOf(
              assertThrows(
                      IllegalArgumentException.class,
                      () -> QuantDescriptor.fromMap(Map.of(element, new Object())))
                  .getMessage());
      assertTrue(message.startsWith(element + " = "), message);
    }
  }

  @Test
  void whatIsWrongIsNamed() {
    wrong(Map.of("percentil", 99.0), "percentil", "percentile");
    wrong(Map.of("bits", "8"), "bits", "String", "integer");
    wrong(Map.of("amax", 3), "amax = 3", "float");
    wrong(Map.of("calib", "MEDIAN"), "MEDIAN", "PERCENTILE");
    wrong(Map.of("blockSizes", List.of(Map.of("axis", -1, "size", 16.0))), "size", "integer");
    wrong(Map.of("blockSizes", List.of(Map.of("axes", -1, "size", 16))), "axes");
    wrong(Map.of("blockSizes", List.of(Map.of("axis", -1))), "size");
  }

  private static Map<String, Object> map(@Nullable Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  private static void is(QuantDescriptor.Builder expected, @Nullable Object... keysAndValues) {
    assertEquals(expected.build(), QuantDescriptor.fromMap(map(keysAndValues)));
  }

  @Test
  void theDictionariesOfPeersAreRead() {
    QuantDescriptor.Builder empty = QuantDescriptor.builder();
    is(empty, "num_bits", 8, "name", null, "axis", null, "amax", null, "block_sizes", null);
    is(
        QuantDescriptor.builder().bits(5).name("act").axis(0, 2).scaleAmax(2).unsigned(true),
        "num_bits",
        5,
        "name",
        "act",
        "axis",
        Map.of("tuple", List.of(0, 2)),
        "scale_amax",
        2.0,
        "unsigned",
        true,
        "fake_quant",
        true,
        "calib_method",
        "max");
    is(QuantDescriptor.builder().bits(4, 3), "num_bits", Map.of("tuple", List.of(4, 3)));
    is(
        QuantDescriptor.builder().axis(0).amax(0.5, 0.25, 3),
        "axis",
        0,
        "amax",
        List.of(List.of(0.5), List.of(0.25), List.of(3.0)));
    is(
        QuantDescriptor.builder()
            .bits(2, 1)
            .blockSizes(BlockSize.axis(-1, 16))
            .dynamic(true)
            .scaleBits(4, 3),
        "num_bits",
        Map.of("tuple", List.of(2, 1)),
        "block_sizes",
        Map.of(-1, 16, "type", "dynamic", "scale_bits", Map.of("tuple", List.of(4, 3))));
    is(
        QuantDescriptor.builder().blockSizes(BlockSize.axis(-1, BlockSize.WHOLE)),
        "block_sizes",
        map("-1", null));
    is(QuantDescriptor.builder().calib(Calib.PERCENTILE), "calib_method", "histogram");
  }

  @Test
  void whatPeersRefuseIsRefused() {
    wrong(map("num_bits", List.of(4, 3)), "num_bits = [4, 3]", "list", "tuple");
    wrong(map("num_bits", null), "bits = null");
    wrong(map("bits", null), "bits = null");
    wrong(map("num_bits", 8, "bits", 4), "bits = 4", "given too");
    wrong(map("block_sizes", List.of(16)), "block_sizes = [16]", "map");
    wrong(map("block_sizes", Map.of("a", 16)), "a is no axis");
    wrong(map("block_sizes", Map.of("-1", 16.0)), "size", "integer");
    wrong(map("block_sizes", Map.of("-1", 32, "type", "weird")), "weird", "dynamic");
    wrong(map("calib_method", "nonsense"), "NONSENSE", "PERCENTILE");
    wrong(map("axis", 0, "amax", List.of(List.of(0.5), List.of(0.25, 3.0))), "one length");
    wrong(map("axis", 0, "amax", List.of(List.of(0.5), 0.25)), "one length");
    wrong(map("axis", 0, "amax", List.of(List.of(1), List.of(2))), "amax = 1", "float");
  }

  private static void wrong(Map<String, Object> map, String... words) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> QuantDescriptor.fromMap(map))
                .getMessage());
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }
}
