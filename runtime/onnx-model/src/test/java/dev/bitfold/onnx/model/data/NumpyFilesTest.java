package dev.bitfold.onnx.model.data;

import static dev.bitfold.onnx.model.data.FeedsTest.get;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What NumPy wrote (src/test/resources/numpy/make.py) is what is read. */
class NumpyFilesTest {
  private static final Path FILES = Path.of("src/test/resources/numpy");
  private static final double[] TO_FIVE = {0, 1, 2, 3, 4, 5};

  private static Map<String, INDArray> types() throws IOException {
    return Feeds.npz(FILES.resolve("types.npz")).iterator().next();
  }

  private static double[] values(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  @ParameterizedTest
  @CsvSource({
    "i1, BYTE",
    "i2, SHORT",
    "i4, INT",
    "i8, LONG",
    "u1, UBYTE",
    "u2, INT",
    "u4, LONG",
    "u8, LONG",
    "f2, HALF",
    "f4, FLOAT",
    "f8, DOUBLE",
    "big_i2, SHORT",
    "big_i4, INT",
    "big_i8, LONG",
    "big_u2, INT",
    "big_u4, LONG",
    "big_u8, LONG",
    "big_f2, HALF",
    "big_f4, FLOAT",
    "big_f8, DOUBLE",
    "big_fortran, LONG"
  })
  void everyTypeHasItsValues(String name, DataType type) throws IOException {
    INDArray array = get(types(), name);

    assertEquals(type, array.dataType());
    assertArrayEquals(new long[] {2, 3}, array.shape());
    assertArrayEquals(TO_FIVE, values(array));
  }

  @Test
  void truthScalarsEmptyOnesAndFortranOrderAreRead() throws IOException {
    Map<String, INDArray> types = types();

    assertEquals(DataType.BOOL, get(types, "bool").dataType());
    assertArrayEquals(new double[] {0, 1, 0, 1, 0, 1}, values(get(types, "bool")));
    assertArrayEquals(new long[0], get(types, "scalar").shape());
    assertEquals(2.5f, get(types, "scalar").getFloat());
    assertEquals(16000, get(types, "scalar_i8").getLong());
    assertArrayEquals(new long[] {0, 3}, get(types, "empty").shape());
    assertEquals(65535, get(types, "large_u2").getLong(0));
    assertEquals((1L << 32) - 1, get(types, "large_u4").getLong(0));
    INDArray fortran = get(types, "fortran");
    assertArrayEquals(new long[] {2, 3, 4}, fortran.shape());
    for (int i = 0; i < 24; i++) {
      assertEquals(i, fortran.getDouble(i / 12, i / 4 % 3, i % 4));
    }
  }

  @ParameterizedTest
  @CsvSource({"version2", "version3"})
  void laterVersionsOfTheFormatAreRead(String name) throws IOException {
    Map<String, INDArray> batch = Feeds.npy(FILES.resolve(name + ".npy"), "x").iterator().next();

    assertArrayEquals(TO_FIVE, values(get(batch, "x")));
  }

  @ParameterizedTest
  @CsvSource({
    "objects, holds Python objects",
    "records, holds records with fields",
    "complex, holds values of dtype '<c8'",
    "text, holds values of dtype '<U2'",
    "large_u8, holds 18446744073709551615",
    "short, ends after 20 of the 24 bytes",
    "two, holds more than one array",
    "header, ends too early",
    "version9, is of version 9 of NumPy's format"
  })
  void whatIsNoArrayOfNumbersIsRefusedInOneSentence(String name, String reason) throws IOException {
    Path file = FILES.resolve(name + ".npy");
    Feeds feeds = Feeds.npy(file, "x");

    String message = fault(feeds);
    assertTrue(message.startsWith(file + ": ") && message.contains(reason), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void archivesThatAreNoneAreRefused(@TempDir Path folder) throws IOException {
    Path text = Files.writeString(folder.resolve("a.npz"), "text");
    Path other = folder.resolve("b.npz");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(other))) {
      zip.putNextEntry(new ZipEntry("readme.txt"));
    }

    assertTrue(fault(Feeds.npz(text)).startsWith(text + ": is not a NumPy archive"));
    assertTrue(fault(Feeds.npz(other)).contains("holds readme.txt, which is not an array"));
    Path empty = Files.createDirectory(folder.resolve("c"));
    FeedException none = assertThrows(FeedException.class, () -> Feeds.npz(empty));
    assertEquals(empty + ": holds no .npz file", none.getMessage());
  }

  private static String fault(Feeds feeds) {
    return String.valueOf(assertThrows(FeedException.class, feeds.iterator()::next).getMessage());
  }

  @Test
  void notANumberIsNamedWithFileAndArray() throws IOException {
    Path file = FILES.resolve("nan.npz");

    assertEquals(file + ": array 'x' holds NaN at [1, 1]; remove it", fault(Feeds.npz(file)));
  }

  @Test
  void aFolderOfFoldersIsABatchEach(@TempDir Path folder) throws IOException {
    for (String name : List.of("b", "a")) {
      Path inner = Files.createDirectory(folder.resolve(name));
      Files.copy(FILES.resolve("version2.npy"), inner.resolve("x.npy"));
      if (name.equals("b")) {
        Files.copy(FILES.resolve("version3.npy"), inner.resolve("y.npy"));
      }
    }
    List<Map<String, INDArray>> batches = new java.util.ArrayList<>();
    Feeds.npy(folder).forEach(batches::add);

    assertEquals(List.of("x"), List.copyOf(batches.get(0).keySet()));
    assertEquals(List.of("x", "y"), List.copyOf(batches.get(1).keySet()));
    assertEquals(2, batches.size());
  }

  @Test
  void batchesAreReadAnewInEachLoop(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.npz");
    Files.copy(FILES.resolve("batch.npz"), file);
    Feeds feeds = Feeds.npz(folder);
    assertEquals(7, get(feeds.iterator().next(), "input_ids").getLong(0, 1));

    Files.delete(file);
    Files.copy(FILES.resolve("nan.npz"), file);

    assertThrows(FeedException.class, feeds.iterator()::next);
  }
}
