package dev.bitfold.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.model.Mlp;
import dev.bitfold.it.model.MlpQuantizer;
import dev.bitfold.storage.Safetensors;
import dev.bitfold.storage.StateFileException;
import dev.bitfold.storage.StoredTensor;
import dev.bitfold.tensor.Placeholder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Quantized models in files and in the bits of their formats. */
@Tag("slow")
class StateTest {
  private static final int C = 64;

  private final Mlp mlp = mlp(1, C);
  private final INDArray probe = Arrays.outliers(1000, 96, C);
  private final List<INDArray> batches =
      IntStream.range(0, 3).mapToObj(i -> Arrays.outliers(i, 96, C)).toList();

  @TempDir Path folder;

  private static Mlp mlp(int seed, int width) {
    return new Mlp(
        Linear.random(seed, width, width),
        List.of(Linear.random(seed + 1, width, width), Linear.unbiased(weight(seed, width))),
        Linear.random(seed + 2, 8, width));
  }

  private static INDArray weight(int seed, int width) {
    return Arrays.normal(seed + 7, width, width).divi(8);
  }

  static Stream<Arguments> recipes() {
    return Stream.concat(
        FormatsTest.recipes().map(a -> Arguments.of(a.get()[0])),
        Stream.of(
            Arguments.of(Recipe.INT8_SMOOTH_QUANT),
            Arguments.of(weights("affine", b().affine(true).per("O"))),
            Arguments.of(weights("uint8", b().affine(true).unsigned(true))),
            Arguments.of(weights("int16", b().bits(16).per("O"))),
            Arguments.of(weights("int3", b().bits(3).per("O"))),
            Arguments.of(weights("E5M2", b().bits(5, 2).per("O"))),
            Arguments.of(weights("fixed", b().amax(1)))));
  }

  private static QuantDescriptor.Builder b() {
    return QuantDescriptor.builder();
  }

  private static Recipe weights(String name, QuantDescriptor.Builder weight) {
    return Recipe.of(name).with(Role.WEIGHT, weight.build());
  }

  private Quantized<Mlp> quantized(Recipe recipe) {
    var calibration = MlpQuantizer.of(mlp).using(recipe).calibrate(batches, Mlp::forward);
    return (recipe.alpha().isOff() ? calibration : calibration.smoothQuant()).freeze();
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void aSavedModelComesBackBitForBit(Recipe recipe) throws IOException {
    Quantized<Mlp> saved = quantized(recipe);
    Path file = folder.resolve("state.safetensors");
    saved.save(file);

    Quantized<Mlp> loaded = MlpQuantizer.load(mlp, file);

    Errors.assertSameBits(saved.model().forward(probe), loaded.model().forward(probe));
    assertEquals(saved.summary(), loaded.summary());
    assertEquals(saved.summary().toString(), loaded.summary().toString());
    assertSavedTheSame(file, loaded);
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void aCompressedModelGivesTheSameOutputsAlsoFromAFileWithoutFloatWeights(Recipe recipe)
      throws IOException {
    Quantized<Mlp> whole = quantized(recipe);
    INDArray expected = whole.model().forward(probe);
    Quantized<Mlp> compressed = whole.compress();
    Path file = folder.resolve("packed.safetensors");
    compressed.save(file);
    Mlp skeleton = new Mlp(skeleton(C), List.of(skeleton(C), unbiasedSkeleton()), skeleton(8));

    Quantized<Mlp> loaded = MlpQuantizer.load(skeleton, file);

    Errors.assertSameBits(expected, compressed.model().forward(probe));
    Errors.assertSameBits(expected, loaded.model().forward(probe));
    assertEquals(compressed.summary(), loaded.summary());
    assertEquals(whole.summary().weightBytes(), compressed.summary().heldBytes());
    assertSame(loaded, loaded.compress());
    assertSavedTheSame(file, loaded);
    // One file a tensor, and the text of the metadata.
    assertTrue(Files.size(file) < compressed.summary().heldBytes() + 20_000);
  }

  private void assertSavedTheSame(Path file, Quantized<Mlp> loaded) throws IOException {
    Path again = folder.resolve("again.safetensors");
    loaded.save(again);
    assertEquals(-1, Files.mismatch(file, again), "the first byte that differs");
  }

  private static Linear skeleton(int out) {
    return Linear.of(Placeholder.of(out, C), Placeholder.of(out));
  }

  private static Linear unbiasedSkeleton() {
    return Linear.unbiased(Placeholder.of(C, C));
  }

  @Test
  void packedWeightsTakeTheBytesOfTheirFormat() {
    double biases = (64 + 64 + 8) * 4;
    double weights = (3 * C * C + 8 * C) * 4;

    assertTrue((held(Recipe.INT8) - biases) / weights <= 0.27);
    assertTrue((held(Recipe.INT4_BLOCK32) - biases) / weights <= 0.17);
  }

  private long held(Recipe recipe) {
    return quantized(recipe).compress().summary().heldBytes();
  }

  @Test
  void eightThreadsGetTheSameBitsFromPackedWeights() {
    Mlp compressed = quantized(Recipe.INT8).compress().model();
    INDArray alone = compressed.forward(probe);

    Threads.eight(() -> Errors.assertSameBits(alone, compressed.forward(probe)));
  }

  @Test
  void packedWeightsReadAsNaNUntilTheyAreUnpacked() {
    INDArray weight = quantized(Recipe.INT8).compress().model().fc1().weight();

    assertArrayEquals(new long[] {C, C}, weight.shape());
    assertTrue(Float.isNaN(weight.getFloat(3, 5)));
  }

  @Test
  void theFileIsPlainSafetensors() throws IOException {
    Path file = folder.resolve("state.safetensors");
    Quantized<Mlp> compressed = quantized(Recipe.INT8_SMOOTH_QUANT).compress();
    compressed.save(file);

    Safetensors read = Safetensors.read(file);

    assertEquals("I8 [64, 64]", read.tensors().get("fc1.weight").toString());
    assertEquals("F32 [64]", read.tensors().get("fc1.weight.scale").toString());
    assertEquals("F32 []", read.tensors().get("fc1.x.amax").toString());
    assertEquals("F32 [64]", read.tensors().get("fc1.x.pre_scale").toString());
    assertEquals("F32 [64]", read.tensors().get("fc1.bias").toString());
    byte[] codes = read.tensors().get("fc1.weight").toBytes();
    int largest = 0;
    for (byte code : codes) {
      largest = Math.max(largest, Math.abs(code));
    }
    assertEquals(127, largest, "some weight of each channel is at its amax");
  }

  @Test
  void anotherModelIsRefusedWithWhatDiffers() throws IOException {
    Path file = folder.resolve("state.safetensors");
    quantized(Recipe.INT8).save(file);

    assertRefused(
        file,
        () -> MlpQuantizer.load(mlp(1, 32), file),
        "another model",
        "fc1.weight is weight OI [64, 64] in the file and weight OI [32, 32] in the model");
    Mlp shorter = new Mlp(mlp.fc1(), List.of(mlp.hidden().get(0)), mlp.head());
    assertRefused(
        file,
        () -> MlpQuantizer.load(shorter, file),
        "hidden.1.weight (weight OI [64, 64]) is in the file and not in the model");
    Mlp trainedOn = new Mlp(mlp.fc1(), mlp.hidden(), Linear.random(77, 8, C));
    assertRefused(
        file, () -> MlpQuantizer.load(trainedOn, file), "other values", "head.weight, head.bias");
    Mlp skeleton = new Mlp(skeleton(C), List.of(skeleton(C), unbiasedSkeleton()), skeleton(8));
    assertRefused(
        file,
        () -> MlpQuantizer.load(skeleton, file),
        "other values in fc1.weight",
        "has placeholders: only the file of a compressed model");
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path file = folder.resolve("other.safetensors");
    assertThrows(java.nio.file.NoSuchFileException.class, () -> MlpQuantizer.load(mlp, file));

    Files.writeString(file, "no tensors at all");
    assertRefused(file, () -> MlpQuantizer.load(mlp, file), "header");

    new Safetensors(
            java.util.Map.of("by", "somebody"),
            java.util.Map.of("x", StoredTensor.of(new float[] {1, 2}, 2)))
        .write(file);
    assertRefused(file, () -> MlpQuantizer.load(mlp, file), "holds no state");

    Path good = folder.resolve("good.safetensors");
    quantized(Recipe.INT8).save(good);
    Safetensors state = Safetensors.read(good);
    var metadata = new java.util.LinkedHashMap<>(state.metadata());
    metadata.put("bitfold.version", "99");
    new Safetensors(metadata, state.tensors()).write(file);
    assertRefused(file, () -> MlpQuantizer.load(mlp, file), "version 99");

    var tensors = new java.util.LinkedHashMap<>(state.tensors());
    tensors.put("fc1.x.typo", StoredTensor.of(new float[] {1}, 1));
    new Safetensors(state.metadata(), tensors).write(file);
    assertRefused(file, () -> MlpQuantizer.load(mlp, file), "[fc1.x.typo] have no meaning");
  }

  /** Each file is written with a checksum of its own: only what it holds can betray it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFileThatLostAPartIsRefusedOrGivesTheSameOutputs(boolean compressed) throws IOException {
    var calibration =
        MlpQuantizer.of(mlp).using(Recipe.INT8_SMOOTH_QUANT).calibrate(batches, Mlp::forward);
    Quantized<Mlp> whole =
        calibration
            .smoothQuant()
            .weightAmax((path, w) -> w.amax(1).mul(0.9))
            .correctBiases()
            .freeze();
    INDArray expected = whole.model().forward(probe);
    Path good = folder.resolve("good.safetensors");
    (compressed ? whole.compress() : whole).save(good);
    Safetensors state = Safetensors.read(good);
    Path bad = folder.resolve("bad.safetensors");
    int refused = 0;

    for (String name : state.tensors().keySet()) {
      var tensors = new java.util.LinkedHashMap<>(state.tensors());
      tensors.remove(name);
      new Safetensors(state.metadata(), tensors).write(bad);
      assertRefused(bad, () -> MlpQuantizer.load(mlp, bad), name);
      refused++;
    }
    for (String name : state.metadata().keySet()) {
      var metadata = new java.util.LinkedHashMap<>(state.metadata());
      metadata.remove(name);
      new Safetensors(metadata, state.tensors()).write(bad);
      String part = name.equals("bitfold.version") ? "no state" : name;
      assertRefused(bad, () -> MlpQuantizer.load(mlp, bad), part);
    }
    String hashes = state.metadata().get("bitfold.weights_sha256");
    for (String path : state.metadata().get("bitfold.schema").split("\"")) {
      if (hashes.contains("\"" + path + "\":")) {
        var metadata = new java.util.LinkedHashMap<>(state.metadata());
        metadata.put(
            "bitfold.weights_sha256",
            hashes.replaceFirst("\"" + path + "\":\"[0-9a-f]+\",?", "").replace(",}", "}"));
        new Safetensors(metadata, state.tensors()).write(bad);
        assertRefused(bad, () -> MlpQuantizer.load(mlp, bad), "the hash of " + path);
        refused++;
      }
    }

    assertTrue(refused > 10, refused + " parts");
    Errors.assertSameBits(expected, MlpQuantizer.load(mlp, good).model().forward(probe));
  }

  @Test
  void everyOneOfAThousandCorruptionsIsRefused() throws IOException {
    Path good = folder.resolve("good.safetensors");
    quantized(Recipe.NV_FP4).compress().save(good);
    byte[] bytes = Files.readAllBytes(good);
    Path bad = folder.resolve("bad.safetensors");
    Random random = new Random(20261123);
    for (int i = 0; i < 1000; i++) {
      Files.write(bad, corrupted(bytes, random));
      String round = "corruption " + i + " of seed 20261123";

      StateFileException e =
          assertThrows(StateFileException.class, () -> MlpQuantizer.load(mlp, bad), round);

      assertTrue(e.getMessage().startsWith(bad.toString()), round + ": " + e);
    }
  }

  private static byte[] corrupted(byte[] bytes, Random random) {
    byte[] bad = bytes.clone();
    int header =
        (int) java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
    switch (random.nextInt(5)) {
      case 0 -> {
        return java.util.Arrays.copyOf(bad, random.nextInt(bad.length));
      }
      case 1 -> {
        return java.util.Arrays.copyOf(bad, bad.length + 1 + random.nextInt(64));
      }
      case 2 -> bad[random.nextInt(8)] ^= (byte) (1 << random.nextInt(8));
      case 3 -> bad[8 + random.nextInt(header)] ^= (byte) (1 << random.nextInt(8));
      default -> bad[random.nextInt(bad.length)] ^= (byte) (1 + random.nextInt(255));
    }
    return bad;
  }

  @Test
  void aFileThatCannotBeWrittenLeavesNothing() throws IOException {
    Quantized<Mlp> quantized = quantized(Recipe.INT8);
    Path missing = folder.resolve("no/such/folder/state.safetensors");

    assertNotWritten(quantized, missing, "its folder " + missing.getParent() + " does not exist");
    assertNotWritten(quantized, folder, "is a folder");
    assertRefused(folder, () -> MlpQuantizer.load(mlp, folder), "is a folder");

    Path file = folder.resolve("state.safetensors");
    Files.writeString(file, "old", StandardCharsets.UTF_8);
    quantized.save(file);
    MlpQuantizer.load(mlp, file);
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  private static void assertNotWritten(Quantized<Mlp> quantized, Path file, String why) {
    IOException e = assertThrows(IOException.class, () -> quantized.save(file));
    assertEquals(file + ": " + why, e.getMessage());
  }

  @Test
  void aLinkStaysAndWhatItLeadsToIsWritten() throws IOException {
    Path file = folder.resolve("state.safetensors");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file.getFileName());

    for (int i = 0; i < 2; i++) {
      quantized(Recipe.INT8).save(link);
    }

    assertTrue(Files.isSymbolicLink(link) && Files.isRegularFile(file));
    MlpQuantizer.load(mlp, link);
    Path under = file.resolve("state.safetensors");
    assertNotWritten(quantized(Recipe.INT8), under, "its folder " + file + " is a file");
  }

  @Test
  void aSkeletonCannotBeQuantized() {
    Mlp skeleton = new Mlp(skeleton(C), List.of(), skeleton(8));

    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> plan(skeleton));

    assertTrue(e.getMessage().contains("fc1.weight") && e.getMessage().contains("NaN"));
  }

  private static Plan<Mlp> plan(Mlp model) {
    return MlpQuantizer.of(model);
  }

  private static void assertRefused(
      Path file, org.junit.jupiter.api.function.Executable load, String... parts) {
    StateFileException e = assertThrows(StateFileException.class, load);
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), part + " in " + e.getMessage());
    }
  }
}
