package dev.bitfold.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks safetensors files with a wrong header. */
class SafetensorsTest {
  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  Path folder;

  private Path file(String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    return Files.write(folder.resolve("lying.safetensors"), bytes.array());
  }

  private void assertRefused(String header, int dataBytes, String reason) throws IOException {
    Path file = file(header, dataBytes);
    StateFileException e = assertThrows(StateFileException.class, () -> Safetensors.read(file));
    assertTrue(String.valueOf(e.getMessage()).startsWith(file.toString()), e::getMessage);
    assertTrue(String.valueOf(e.getMessage()).contains(reason), e::getMessage);
  }

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    Path file = folder.resolve("good.safetensors");
    Safetensors written =
        new Safetensors(
            Map.of("by", "a test"),
            Map.of(
                "empty", StoredTensor.of(new float[0], 0, 3),
                "x", StoredTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3)));

    written.write(file);
    Safetensors read = Safetensors.readChecked(file);

    assertEquals(written.metadata(), read.metadata());
    assertEquals("F32 [2, 3]", String.valueOf(read.tensors().get("x")));
    assertEquals(6f, Objects.requireNonNull(read.tensors().get("x")).toFloats()[5]);
    assertEquals("F32 [0, 3]", String.valueOf(read.tensors().get("empty")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[4294967296, 4294967296]",
        "[9223372036854775808]",
        "[18446744073709551617]",
        "[2147483647, 2147483647, 2147483647, 2147483647, 4]",
        "[-1]",
        "[1.5]",
        "[\"1\"]"
      })
  void aShapePastTheNumbersOfJavaIsRefused(String shape) throws IOException {
    assertRefused(
        "{\"x\":{\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":[0,4]}}",
        4,
        "tensor x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[18446744073709551616, 18446744073709551620]",
        "[0, 18446744073709551620]",
        "[-4, 0]",
        "[0, 4.0]",
        "[4, 0]"
      })
  void offsetsPastTheNumbersOfJavaAreRefused(String offsets) throws IOException {
    assertRefused(
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + offsets + "}}",
        4,
        "tensor x");
  }

  @Test
  void aTensorOfManyAxesIsRefusedAtOnce() throws IOException {
    String ones = IntStream.range(0, 80_000).mapToObj(i -> "1").collect(Collectors.joining(","));
    String header = "{\"x\":{\"dtype\":\"F32\",\"shape\":[" + ones + "],\"data_offsets\":[0,4]}}";

    assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> assertRefused(header, 4, "80000 axes; the most is 32"));
  }

  @Test
  void aDeepHeaderIsRefusedRatherThanOverflowingTheStack() throws IOException {
    String deep = "[".repeat(200_000) + "]".repeat(200_000);

    assertRefused("{\"__metadata__\":{\"a\":" + deep + "}}", 0, "nests deeper than 64");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"num_bits\":8} and more",
        "{\"num_bits\":8}{\"num_bits\":4}",
        "{\"num_bits\":8,\"num_bits\":4}",
        "[8]",
        "",
        "null"
      })
  void aDescriptorIsExactlyOneObjectWithoutDoubleKeys(String json) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> DescriptorJson.read(json));

    assertTrue(String.valueOf(e.getMessage()).startsWith("a descriptor is not"), e::getMessage);
  }

  @Test
  void aDeepDescriptorIsRefusedRatherThanOverflowingTheStack() {
    String json = "{\"axis\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";

    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> DescriptorJson.read(json));

    assertTrue(String.valueOf(e.getMessage()).contains("nests deeper than 64"), e::getMessage);
  }

  @Test
  void sixtyFourLevelsAreReadAndOneMoreIsNot() {
    for (int depth : new int[] {64, 65}) {
      // The object is the first level.
      String json = "{\"a\":" + "[".repeat(depth - 1) + "]".repeat(depth - 1) + ",\"b\":[[]]}";
      if (depth == 64) {
        assertEquals(2, StrictJson.object(json, "it").size());
      } else {
        assertThrows(IllegalArgumentException.class, () -> StrictJson.object(json, "it"));
      }
    }
  }

  /** Each of the 65,536 half numbers, beside the value that its three parts stand for. */
  @Test
  void halvesAreWidenedExactly() {
    ByteBuffer bytes = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 1 << 16; i++) {
      bytes.putShort((short) i);
    }

    float[] values = StoredTensor.of(StoredTensor.Type.F16, bytes.array(), 1 << 16).toFloats();

    for (int i = 0; i < 1 << 16; i++) {
      int exponent = i / 1024 % 32;
      double fraction = i % 1024 / 1024.0;
      double magnitude =
          exponent == 31
              ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
              : exponent == 0
                  ? fraction * Math.pow(2, -14)
                  : (1 + fraction) * Math.pow(2, exponent - 15);
      assertEquals((float) (i < 1 << 15 ? magnitude : -magnitude), values[i], "half " + i);
    }
  }

  @Test
  void brainFloatsAreTheUpperHalvesOfFloats() {
    byte[] bytes = {0, 0x3f, (byte) 0x80, 0x3f, 1, 0, (byte) 0x80, (byte) 0xff};

    float[] values = StoredTensor.of(StoredTensor.Type.BF16, bytes, 4).toFloats();

    assertEquals(0.5f, values[0]);
    assertEquals(1f, values[1]);
    assertEquals(0x1p-133f, values[2]);
    assertEquals(Float.NEGATIVE_INFINITY, values[3]);
  }

  @Test
  void otherTypesAreNotTakenForFloats() {
    StoredTensor doubles = StoredTensor.of(StoredTensor.Type.F64, new byte[8], 1);

    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, doubles::toTensor);

    assertEquals("a tensor of F64, not of F32, F16 or BF16", e.getMessage());
  }
}
