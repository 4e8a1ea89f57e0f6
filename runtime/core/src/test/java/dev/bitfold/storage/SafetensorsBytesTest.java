package dev.bitfold.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares safetensors files byte for byte with files that the test puts together itself. */
class SafetensorsBytesTest {
  private static final String BLANK = "0".repeat(64);

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] length(long length) {
    byte[] bytes = new byte[8];
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (length >> (8 * i));
    }
    return bytes;
  }

  private static byte[] file(String header, byte[] data) {
    return joined(length(bytes(header).length), bytes(header), data);
  }

  private static String sha256(byte[]... parts) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(joined(parts)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** A header with its checksum in the place of {@code SUM}. */
  private static byte[] summed(String header, byte[] data) {
    String sum = sha256(bytes(header.replace("SUM", BLANK)), data);
    return file(header.replace("SUM", sum), data);
  }

  private static final byte[] DATA = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0x20, (byte) 0xc1, 7, 8, 9};

  /** The lengths of the padding are those of the name of the first tensor: 1 to 8 letters. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg", "hhhhhhhh"})
  void aFileIsALengthAPaddedHeaderAndTheTensors(String name) throws IOException {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    tensors.put(name, StoredTensor.of(new float[] {1, -10}, 2, 1));
    tensors.put("none", StoredTensor.of(new float[0], 0));
    tensors.put("y", StoredTensor.of(StoredTensor.Type.U8, new byte[] {7, 8, 9}, 3));
    Path written = folder.resolve("written");

    new Safetensors(Map.of("by", "a test"), tensors).write(written);

    String header =
        "{\"__metadata__\":{\"bitfold.sha256\":\"SUM\",\"by\":\"a test\"},\""
            + name
            + "\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
            + "\"none\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]},"
            + "\"y\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}}";
    int length = header.length() - "SUM".length() + BLANK.length();
    while (length % 8 != 0) {
      header += " ";
      length++;
    }
    assertArrayEquals(summed(header, DATA), Files.readAllBytes(written));
    Safetensors read = Safetensors.readChecked(written);
    assertEquals(Map.of("by", "a test"), read.metadata(), "the sum is not the user's");
    assertEquals(List.of(name, "none", "y"), List.copyOf(read.tensors().keySet()));
    assertArrayEquals(
        new float[] {1, -10}, Objects.requireNonNull(read.tensors().get(name)).toFloats());
    assertArrayEquals(
        new byte[] {7, 8, 9}, Objects.requireNonNull(read.tensors().get("y")).toBytes());
  }

  /** As other programs write them: no metadata, no padding, tensors in any order. */
  @Test
  void aFileOfAnotherProgramIsReadInTheOrderOfItsBytes() throws IOException {
    String header =
        "{\"y\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]},"
            + "\"none\":{\"dtype\":\"I64\",\"shape\":[4,0],\"data_offsets\":[8,8]},"
            + "\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    Path file = Files.write(folder.resolve("other"), file(header, DATA));

    Safetensors read = Safetensors.read(file);

    assertEquals(Map.of(), read.metadata());
    assertEquals(List.of("x", "none", "y"), List.copyOf(read.tensors().keySet()));
    assertArrayEquals(
        new float[] {1, -10}, Objects.requireNonNull(read.tensors().get("x")).toFloats());
    assertEquals("I64 [4, 0]", String.valueOf(read.tensors().get("none")));
    assertEquals(
        file + ": it has no checksum; it is damaged, or not from Bitfold",
        assertThrows(StateFileException.class, () -> Safetensors.readChecked(file)).getMessage());
  }

  private void refused(byte[] contents, String why) throws IOException {
    Path file = Files.write(folder.resolve("bad"), contents);
    assertEquals(
        file + ": " + why,
        assertThrows(StateFileException.class, () -> Safetensors.read(file)).getMessage());
  }

  private static String damagedHeader(String length, long size) {
    return "it is not a safetensors file, or it is damaged: its header would have "
        + length
        + " bytes of "
        + size;
  }

  @Test
  void lengthsThatCannotBeAreRefused() throws IOException {
    refused(new byte[0], "it has 0 bytes, too few for a safetensors file");
    refused(length(0), "it has 8 bytes, too few for a safetensors file");
    refused(joined(length(1), bytes("{}")), damagedHeader("1", 10));
    refused(joined(length(3), bytes("{}")), damagedHeader("3", 10));
    refused(joined(length(-1), bytes("{}")), damagedHeader("18446744073709551615", 10));
    refused(joined(length(Long.MIN_VALUE), bytes("{}")), damagedHeader("9223372036854775808", 10));
    Path smallest = Files.write(folder.resolve("smallest"), joined(length(2), bytes("{}")));
    assertEquals(Map.of(), Safetensors.read(smallest).tensors());
    assertEquals(
        folder + ": is a folder",
        assertThrows(StateFileException.class, () -> Safetensors.read(folder)).getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{\"__metadata__\":[]} | __metadata__ is no JSON object",
        "{\"__metadata__\":{\"a\":1}} | __metadata__.a is not text",
        "{\"__metadata__\":{\"a\":null}} | __metadata__.a is not text",
        "[] | its header is not a JSON object",
        "{\"x\":3} | tensor x has no shape and data_offsets",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1]}} | tensor x has no shape and data_offsets",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}"
            + " | tensor x has no shape and data_offsets",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,1]}}"
            + " | tensor x has no shape and data_offsets",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":1,\"data_offsets\":[0,1]}}"
            + " | tensor x has no shape and data_offsets",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0.0,1]}}"
            + " | tensor x has no shape and data_offsets",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1.0]}}"
            + " | tensor x has no shape and data_offsets",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,9223372036854775808]}}"
            + " | tensor x has no shape and data_offsets",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[9223372036854775808,1]}}"
            + " | tensor x has no shape and data_offsets",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}"
            + " | tensor x has the shape [-1]",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1.0],\"data_offsets\":[0,1]}}"
            + " | tensor x has the shape [1.0]",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[2147483648],\"data_offsets\":[0,1]}}"
            + " | tensor x has the shape [2147483648]",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,1]}}"
            + " | tensor x, U8 [2], does not have the bytes that data_offsets give it",
        "{\"x\":{\"dtype\":\"I16\",\"shape\":[1],\"data_offsets\":[0,1]}}"
            + " | tensor x, I16 [1], does not have the bytes that data_offsets give it",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[-1,0]}}"
            + " | tensor x, U8 [1], does not have the bytes that data_offsets give it",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[2147483647,2147483647,2,2],\"data_offsets\":[0,0]}}"
            + " | tensor x, U8 [2147483647,2147483647,2,2], does not have the bytes that"
            + " data_offsets give it",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}"
            + " | tensor x does not lie where the one before it ends",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}"
            + " | tensor x does not lie where the one before it ends",
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"
            + " | its tensors have 0 bytes and the file holds 1 of them",
        "{} | its tensors have 0 bytes and the file holds 1 of them"
      })
  void aHeaderThatDoesNotFitOneByteIsRefused(String header, String why) throws IOException {
    refused(file(header, new byte[1]), why);
  }

  @Test
  void tensorsThatOverlapAreRefused() throws IOException {
    String header =
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
            + "\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}";
    refused(file(header, new byte[3]), "tensor y does not lie where the one before it ends");
  }

  @Test
  void asManyAxesAsAnArrayMayHaveAreRead() throws IOException {
    String ones = "1,".repeat(31) + "1";
    String header = "{\"x\":{\"dtype\":\"BOOL\",\"shape\":[%s],\"data_offsets\":[0,1]}}";
    Path file = folder.resolve("axes");
    Files.write(file, file(String.format(header, ones), new byte[] {1}));
    StoredTensor read = Objects.requireNonNull(Safetensors.read(file).tensors().get("x"));
    assertEquals(32, read.shape().length);
    refused(
        file(String.format(header, ones + ",1"), new byte[] {1}),
        "tensor x has 33 axes; the most is 32");
  }

  @Test
  void aTypeThatIsNotKnownIsNamedBesideThoseThatAre() throws IOException {
    String header = "{\"x\":{\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,1]}}";
    refused(
        file(header, new byte[1]),
        "tensor x is of type \"F4\"; known are [F32, F8_E4M3, F8_E5M2, I8, U8, F64, F16, BF16, I64,"
            + " I32, I16, U64, U32, U16, BOOL, F8_E8M0]");
  }

  @Test
  void theSumIsThatOfTheWholeFileWithZerosInItsPlace() throws IOException {
    String tensor = "\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}";
    String header = "{\"__metadata__\":{\"a\":\"b\",\"bitfold.sha256\":\"SUM\"}," + tensor;
    byte[] data = {5, 6};
    byte[] good = summed(header, data);
    Path file = Files.write(folder.resolve("good"), good);
    assertEquals(Map.of("a", "b"), Safetensors.readChecked(file).metadata());

    String damaged = "its contents do not fit their checksum; it is damaged";
    for (int i = 0; i < 2; i++) {
      byte[] other = good.clone();
      other[other.length - 1 - i]++;
      refused(other, damaged);
    }
    refused(file(header.replace("SUM", BLANK), data), damaged);
    // Too short a sum at the end of the header; spaces where the sum is looked for.
    refused(file("{\"__metadata__\":{\"bitfold.sha256\":\"00\"}}", new byte[0]), damaged);
    refused(summed(header.replace("\":\"SUM", "\": \"SUM"), data), damaged);
  }

  @Test
  void aTensorIsOfItsTypeAndShape() {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    for (StoredTensor.Type type : StoredTensor.Type.values()) {
      sizes.put(type.name(), type.size());
    }
    assertEquals(
        "{F32=4, F8_E4M3=1, F8_E5M2=1, I8=1, U8=1, F64=8, F16=2, BF16=2, I64=8, I32=4, I16=2,"
            + " U64=8, U32=4, U16=2, BOOL=1, F8_E8M0=1}",
        sizes.toString());
    assertEquals(
        "7 bytes are not I16 of shape [2, 2]",
        assertThrows(
                IllegalArgumentException.class,
                () -> StoredTensor.of(StoredTensor.Type.I16, new byte[7], 2, 2))
            .getMessage());
    long huge = 1L << 40;
    assertEquals(
        0, StoredTensor.of(StoredTensor.Type.U8, new byte[0], huge, 0, huge).toBytes().length);
    assertThrows(
        ArithmeticException.class,
        () -> StoredTensor.of(StoredTensor.Type.U8, new byte[0], huge, huge));
  }

  @Test
  void aTensorSharesNothingThatCanBeWritten() {
    long[] shape = {2};
    StoredTensor tensor = StoredTensor.of(new float[] {3, 4}, shape);
    shape[0] = 5;
    tensor.shape()[0] = 6;
    ByteBuffer bytes = tensor.bytes();
    assertEquals(ByteOrder.LITTLE_ENDIAN, bytes.order());
    assertEquals(3f, bytes.getFloat());
    assertEquals(3f, tensor.bytes().getFloat(), "each buffer begins at the first element");
    assertEquals("F32 [2]", tensor.toString());
    assertEquals(true, bytes.isReadOnly());
    assertArrayEquals(new float[] {3, 4}, tensor.toTensor().toFloatVector());
    assertArrayEquals(new long[] {2}, tensor.toTensor().shape());
  }
}
