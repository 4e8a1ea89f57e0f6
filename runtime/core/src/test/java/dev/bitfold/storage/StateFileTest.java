package dev.bitfold.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.Quantized;
import dev.bitfold.annotations.Format;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import dev.bitfold.toy.ToyStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Checks what a state's file holds, and that a file that holds less or something else is refused.
 */
class StateFileTest {
  private final ToyStack stack = ToyStack.random(1, 8, 6, 4);
  private final List<INDArray> batches = ToyStack.batches(2, 16, 8);

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  Path folder;

  private static QuantDescriptor.Builder b() {
    return QuantDescriptor.builder();
  }

  private static ModelShape shape(ToyStack stack) {
    return ModelShape.of(stack, ToyStack.component(), Kernels.active());
  }

  /** The first weight as given, the second of int4; the first input's range has two ends. */
  private Quantized<ToyStack> quantized(QuantDescriptor weight) {
    return ToyStack.plan(stack)
        .describe("layers.0.weight", weight)
        .describe("layers.0.x", b().affine(true).build())
        .calibrate(batches, ToyStack::forward)
        .freeze();
  }

  private Quantized<ToyStack> smoothed() {
    return ToyStack.plan(stack)
        .calibrate(batches, ToyStack::forward)
        .smoothQuant(SmoothQuantOptions.alpha(0.5))
        .freeze()
        .compress();
  }

  static Stream<Arguments> formats() {
    BlockSize fours = BlockSize.along("I", 4);
    return Stream.of(
        Arguments.of(b().build(), "I8 [8, 6]", "F32 [1]"),
        Arguments.of(b().per("O").build(), "I8 [8, 6]", "F32 [6]"),
        Arguments.of(b().affine(true).unsigned(true).build(), "U8 [8, 6]", "F32 [1]"),
        Arguments.of(b().bits(4, 3).build(), "F8_E4M3 [8, 6]", "F32 [1]"),
        Arguments.of(b().bits(5, 2).build(), "F8_E5M2 [8, 6]", "F32 [1]"),
        Arguments.of(b().bits(3, 4).build(), "U8 [8, 6]", "F32 [1]"),
        Arguments.of(b().bits(4).build(), "U8 [24]", "F32 [1]"),
        Arguments.of(b().bits(3).build(), "U8 [18]", "F32 [1]"),
        Arguments.of(b().bits(16).build(), "U8 [96]", "F32 [1]"),
        Arguments.of(b().format(Format.NF4).blockSizes(fours).build(), "U8 [24]", "F32 [12]"),
        Arguments.of(b().bits(4).blockSizes(fours).scaleBits(8).build(), "U8 [24]", "F32 [1]"),
        Arguments.of(
            b().bits(2, 1).blockSizes(fours).scaleBits(4, 3).build(), "U8 [24]", "F32 [1]"),
        Arguments.of(
            b().bits(4, 3).blockSizes(fours).scaleBits(8, 0).build(), "F8_E4M3 [8, 6]", ""));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aPackedWeightHasTheTypeOfItsFormatAndComesBack(
      QuantDescriptor weight, String codes, String scale) throws IOException {
    Quantized<ToyStack> saved = quantized(weight).compress();
    Safetensors contents = saved.state().toSafetensors();
    Map<String, StoredTensor> tensors = contents.tensors();

    assertEquals(codes, String.valueOf(tensors.get("layers.0.weight")));
    StoredTensor scales = tensors.get("layers.0.weight.scale");
    assertEquals(scale, scales == null ? "" : scales.toString());
    boolean blocks = weight.scaleBits().size() > 0;
    assertEquals(
        blocks ? "U8 [12]" : "null", String.valueOf(tensors.get("layers.0.weight.scale_codes")));
    assertEquals(
        weight.affine() ? "F32 [1]" : "null",
        String.valueOf(tensors.get("layers.0.weight.zero_point")));
    boolean offset = weight.scaleBits().equals(List.of(8));
    assertEquals(
        offset ? "F32 []" : "null", String.valueOf(tensors.get("layers.0.weight.scale_offset")));
    assertEquals("U8 [12]", String.valueOf(tensors.get("layers.1.weight")));

    Path file = folder.resolve("state");
    saved.save(file);
    Quantized<ToyStack> loaded = Quantized.load(stack, ToyStack.component(), file);
    Path again = folder.resolve("again");
    loaded.save(again);
    assertEquals(-1, Files.mismatch(file, again), "the first byte that differs");
    assertArrayEquals(
        saved.model().forward(batches.get(0)).ravel().toFloatVector(),
        loaded.model().forward(batches.get(0)).ravel().toFloatVector());
  }

  @Test
  void theMetadataAndTensorsAreInTheOrderOfTheModel() {
    Safetensors smooth = smoothed().state().toSafetensors();
    assertEquals(
        List.of(
            "bitfold.version",
            "bitfold.schema_sha256",
            "bitfold.schema",
            "bitfold.weights_sha256",
            "bitfold.descriptors",
            "bitfold.packed",
            "bitfold.summary",
            "bitfold.contents"),
        List.copyOf(smooth.metadata().keySet()));
    assertEquals("1", smooth.metadata().get("bitfold.version"));
    assertEquals("{}", smooth.metadata().get("bitfold.weights_sha256"), "all weights are here");
    assertEquals(
        "{\"layers.0.weight\":{\"layout\":\"IO\",\"shape\":[8,6]},"
            + "\"layers.1.weight\":{\"layout\":\"IO\",\"shape\":[6,4]}}",
        smooth.metadata().get("bitfold.packed"));
    List<String> names =
        List.of(
            "layers.0.x.amax",
            "layers.1.x.amax",
            "layers.0.x.pre_scale",
            "layers.1.x.pre_scale",
            "layers.0.bias",
            "layers.1.bias",
            "layers.0.weight",
            "layers.0.weight.scale",
            "layers.1.weight",
            "layers.1.weight.scale");
    assertEquals(names, List.copyOf(smooth.tensors().keySet()));
    assertEquals(
        "{\"tensors\":[\"" + String.join("\",\"", names) + "\"]}",
        smooth.metadata().get("bitfold.contents"));

    Safetensors range = quantized(b().build()).state().toSafetensors();
    assertEquals(
        List.of("layers.0.x.min", "layers.0.x.max", "layers.1.x.amax"),
        List.copyOf(range.tensors().keySet()));
  }

  private StateFile without(Safetensors whole, String tensor) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>(whole.tensors());
    assertNotEquals(null, tensors.remove(tensor), tensor);
    // As if it never had been there: the list of tensors does not betray it.
    return read(with(new Safetensors(whole.metadata(), tensors), names(tensors.keySet())));
  }

  private static String names(Set<String> names) {
    return "{\"tensors\":[\"" + String.join("\",\"", names) + "\"]}";
  }

  private static Safetensors with(Safetensors whole, String contents) {
    return with(whole, "bitfold.contents", contents);
  }

  private static Safetensors with(Safetensors whole, String key, String text) {
    Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
    metadata.put(key, text);
    return new Safetensors(metadata, whole.tensors());
  }

  private static Safetensors with(Safetensors whole, String tensor, StoredTensor added) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>(whole.tensors());
    tensors.put(tensor, added);
    return new Safetensors(whole.metadata(), tensors);
  }

  private static StateFile read(Safetensors contents) {
    return new StateReader(contents).read();
  }

  private static void refused(String why, org.junit.jupiter.api.function.Executable reading) {
    assertEquals(why, assertThrows(IllegalArgumentException.class, reading).getMessage());
  }

  @Test
  void partsThatAreMissingAreNamed() {
    Safetensors smooth = smoothed().state().toSafetensors();
    refused("it holds no amax of layers.0.x", () -> without(smooth, "layers.0.x.amax"));
    refused(
        "it holds neither the values nor the hash of layers.1.bias",
        () -> without(smooth, "layers.1.bias"));
    refused(
        "layers.1.weight is packed, and has no codes", () -> without(smooth, "layers.1.weight"));
    Safetensors range = quantized(b().build()).state().toSafetensors();
    refused("layers.0.x has only one end of its range", () -> without(range, "layers.0.x.min"));
    refused("layers.0.x has only one end of its range", () -> without(range, "layers.0.x.max"));
    refused(
        "its tensor layers.0.x.max is missing",
        () -> {
          Map<String, StoredTensor> tensors = new LinkedHashMap<>(range.tensors());
          tensors.remove("layers.0.x.max");
          read(new Safetensors(range.metadata(), tensors));
        });
    for (String key : range.metadata().keySet()) {
      if (!key.equals("bitfold.version")) {
        Map<String, String> metadata = new LinkedHashMap<>(range.metadata());
        metadata.remove(key);
        refused(
            "its metadata has no " + key, () -> read(new Safetensors(metadata, range.tensors())));
      }
    }
  }

  @Test
  void partsThatDoNotBelongAreNamed() {
    Safetensors range = quantized(b().build()).state().toSafetensors();
    StoredTensor one = StoredTensor.of(new float[] {1}, 1);
    refused(
        "its tensors [layers.7.x.amax, typo] have no meaning",
        () -> read(with(with(range, "layers.7.x.amax", one), "typo", one)));
    String hashes = String.valueOf(range.metadata().get("bitfold.weights_sha256"));
    refused(
        "its schema does not describe [layers.7.weight]",
        () ->
            read(
                with(
                    range,
                    "bitfold.weights_sha256",
                    "{\"layers.7.weight\":\"0\"," + hashes.substring(1))));
    refused(
        "its schema does not fit the hash of it",
        () -> read(with(range, "bitfold.schema_sha256", "0".repeat(64))));
    String schema = String.valueOf(range.metadata().get("bitfold.schema"));
    refused(
        "its schema does not fit the hash of it",
        () -> read(with(range, "bitfold.schema", schema.replace("input NC", "input CN"))));
    String descriptors = String.valueOf(range.metadata().get("bitfold.descriptors"));
    refused(
        "its schema does not describe [layers.7.x]",
        () ->
            read(
                with(
                    range,
                    "bitfold.descriptors",
                    "{\"layers.7.x\":{\"num_bits\":8}," + descriptors.substring(1))));
    refused(
        "the hashes of weights: layers.0.bias is 3",
        () -> read(with(range, "bitfold.weights_sha256", "{\"layers.0.bias\":3}")));
    refused(
        "layers.0.bias is packed, and has no codes",
        () ->
            read(
                with(
                    range,
                    "bitfold.packed",
                    "{\"layers.0.bias\":{\"layout\":\"O\",\"shape\":[6]}}")));
  }

  @Test
  void aShapeThatIsNoNumberIsRefused() {
    Safetensors smooth = smoothed().state().toSafetensors();
    String packed = String.valueOf(smooth.metadata().get("bitfold.packed"));
    for (String size : List.of("9223372036854775808", "\"6\"", "5")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> read(with(smooth, "bitfold.packed", packed.replace("[8,6]", "[8," + size + "]"))),
          size);
    }
  }

  @Test
  void aScaleOfAPackedWeightIsNotDroppedInSilence() {
    Safetensors smooth = smoothed().state().toSafetensors();
    assertThrows(IllegalArgumentException.class, () -> without(smooth, "layers.0.weight.scale"));
    assertThrows(
        IllegalArgumentException.class,
        () -> read(with(smooth, "layers.0.weight.zero_point", StoredTensor.of(new float[6], 6))));
  }

  @Test
  void nothingOfAStateIsLeftOut() {
    State state = State.FLOAT.withSmoothing(Map.of(), Map.of("stranger", Nd4j.createFromArray(1f)));

    Safetensors written = StateFile.of(shape(stack), state, "").toSafetensors();

    assertEquals(Set.of("stranger"), written.tensors().keySet());
  }

  @Test
  void filesOfOtherKindsAreTold() throws IOException {
    Safetensors whole = quantized(b().build()).state().toSafetensors();
    Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
    metadata.remove("bitfold.version");
    assertRefused(metadata, whole, "it holds no state of a quantized model");
    metadata.put("bitfold.checkpoint_version", "1");
    assertRefused(
        metadata,
        whole,
        "it holds a checkpoint of training, and no quantized model: Plan.resume reads it");
    metadata.put("bitfold.version", "2");
    assertRefused(metadata, whole, "its state is of version 2, and this library reads 1");
    metadata.put("bitfold.version", "1");
    metadata.put("bitfold.packed", "3");
    assertRefused(metadata, whole, "the table of packed weights is not a JSON object");
    metadata.put("bitfold.packed", "{}");
    metadata.put("bitfold.descriptors", "{\"layers.0.x\":{\"bits\":99}}");
    assertThrows(StateFileException.class, () -> StateFile.read(written(metadata, whole)));
  }

  private Path written(Map<String, String> metadata, Safetensors whole) throws IOException {
    Path file = folder.resolve("other");
    new Safetensors(metadata, whole.tensors()).write(file);
    return file;
  }

  private void assertRefused(Map<String, String> metadata, Safetensors whole, String why)
      throws IOException {
    Path file = written(metadata, whole);
    assertEquals(
        file + ": " + why,
        assertThrows(StateFileException.class, () -> StateFile.read(file)).getMessage());
  }
}
