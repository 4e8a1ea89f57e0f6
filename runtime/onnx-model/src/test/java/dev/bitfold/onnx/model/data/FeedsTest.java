package dev.bitfold.onnx.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.protobuf.ByteString;

/** Batches as a model takes them, and what it does not take. */
class FeedsTest {
  private static final FeedInput IDS =
      new FeedInput("input_ids", DataType.INT64, List.of(FeedInput.OPEN, FeedInput.OPEN));
  private static final FeedInput X =
      new FeedInput("x", DataType.FLOAT, List.of(FeedInput.OPEN, 2L));

  private final Path folder;

  FeedsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static List<Map<String, INDArray>> list(Feeds feeds) {
    List<Map<String, INDArray>> list = new ArrayList<>();
    feeds.forEach(list::add);
    return list;
  }

  private Feeds json(String... lines) throws IOException {
    return Feeds.jsonLines(
        Files.writeString(folder.resolve("data.jsonl"), String.join("\n", lines)));
  }

  private static String fault(Feeds feeds) {
    return String.valueOf(assertThrows(FeedException.class, () -> list(feeds)).getMessage());
  }

  static INDArray get(Map<String, INDArray> batch, String name) {
    return Objects.requireNonNull(batch.get(name), name);
  }

  @Test
  void jsonLinesBecomeBatches() throws IOException {
    Feeds feeds =
        json(
            "{\"input_ids\": [[1, 2], [3, -9223372036854775808]], \"flag\": true}",
            "",
            "{\"x\": [[0.1, 2]], \"sr\": 16000, \"none\": [[], []]}");

    List<Map<String, INDArray>> batches = list(feeds);
    assertEquals(2, batches.size());
    INDArray ids = get(batches.get(0), "input_ids");
    assertEquals(DataType.INT64, ids.dataType());
    assertEquals(Long.MIN_VALUE, ids.getLong(1, 1));
    assertEquals(DataType.BOOL, get(batches.get(0), "flag").dataType());
    assertEquals(0, get(batches.get(0), "flag").rank());
    assertEquals(0.1f, get(batches.get(1), "x").getFloat(0, 0));
    assertArrayEquals(new long[] {1, 2}, get(batches.get(1), "x").shape());
    assertEquals(16000, get(batches.get(1), "sr").getLong());
    assertArrayEquals(new long[] {2, 0}, get(batches.get(1), "none").shape());
    assertEquals(2, list(feeds).size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"x\": [[1, 2], [3]]} | array 'x' is ragged: it has rows of 2 and of 1 values",
        "{\"x\": [[], 1]} | is ragged",
        "{\"x\": [1, [2]]} | is ragged",
        "{\"x\": [1, true]} | holds truth values and numbers",
        "{\"x\": [1, null]} | holds null, which is not a number",
        "{\"x\": [\"a\"]} | holds a, which is not a number",
        "{\"x\": [1e39]} | holds 1.0E39, which float32 does not have",
        "{\"x\": [9223372036854775808]} | holds 9223372036854775808, which int64 does not have",
        "[1] | is not a JSON object of arrays",
        "{\"x\": [1]} {} | holds more than one JSON object",
        "{\"x\": [1], \"x\": [2]} | is not JSON: Duplicate field 'x'",
        "{\"x\": [1 | is not JSON",
        "{\"x\": [NaN]} | is not JSON"
      })
  void linesThatAreNoArraysAreRefusedWithTheirNumber(String line, String reason)
      throws IOException {
    String message = fault(json("{\"x\": [1]}", "", line));

    assertTrue(message.startsWith(folder.resolve("data.jsonl") + ", line 3: "), message);
    assertTrue(message.contains(reason), message);
    assertEquals(1, message.lines().count());
  }

  private void write(String set, int number, TensorProto.Builder tensor) throws IOException {
    Path in = Files.createDirectories(folder.resolve(set));
    Files.write(in.resolve("input_" + number + ".pb"), tensor.build().toByteArray());
  }

  private static TensorProto.Builder tensor(int type, long... shape) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(type);
    for (long size : shape) {
      tensor.addDims(size);
    }
    return tensor;
  }

  private static ByteString raw(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return ByteString.copyFrom(bytes);
  }

  @Test
  void testDataOfOnnxIsReadByNameOrElseByPosition() throws IOException {
    write("test_data_set_0", 0, tensor(1, 1, 2).setRawData(raw(1, 2.5f)));
    write("test_data_set_0", 1, tensor(7, 1).setName("ids").addInt64Data(7));
    write("test_data_set_1", 0, tensor(1, 1, 2).addFloatData(3).addFloatData(4));
    write("test_data_set_1", 1, tensor(9).setName("ids").addInt32Data(1));

    List<Map<String, INDArray>> batches = list(Feeds.protos(folder, List.of("x", "ids")));

    assertEquals(2, batches.size());
    assertEquals(2.5f, get(batches.get(0), "x").getFloat(0, 1));
    assertEquals(7, get(batches.get(0), "ids").getLong(0));
    assertEquals(4f, get(batches.get(1), "x").getFloat(0, 1));
    assertEquals(DataType.BOOL, get(batches.get(1), "ids").dataType());
    assertTrue(
        fault(Feeds.protos(folder))
            .contains("holds a tensor without a name, and the model has no"));
    assertEquals(1, list(Feeds.protos(folder.resolve("test_data_set_0"), List.of("x"))).size());
  }

  @Test
  void halvesOfBothKindsAreRead() throws IOException {
    write("set", 0, tensor(10, 1).setName("half").addInt32Data(0x3e00));
    write("set", 1, tensor(16, 1).setName("brain").addInt32Data(0x3fc0));
    write("set", 2, tensor(4, 1).setName("u2").addInt32Data(65535));
    write("set", 3, tensor(12, 1).setName("u4").addUint64Data(4294967295L));

    Map<String, INDArray> batch = list(Feeds.protos(folder)).get(0);

    assertEquals(1.5f, get(batch, "half").getFloat(0));
    assertEquals(1.5f, get(batch, "brain").getFloat(0));
    assertEquals(65535, get(batch, "u2").getLong(0));
    assertEquals(4294967295L, get(batch, "u4").getLong(0));
  }

  @Test
  void damagedTensorsAreRefused() throws IOException {
    write("a", 0, tensor(1, 2, 2).setName("x").setRawData(raw(1, 2)));
    write("b", 0, tensor(8, 1).setName("x").addStringData(ByteString.copyFromUtf8("t")));
    write("c", 0, tensor(1, 1));
    Files.writeString(folder.resolve("c/input_0.pb"), "no tensor at all");

    assertTrue(fault(Feeds.protos(folder.resolve("a"))).contains("it has 8 bytes for FLOAT"));
    assertTrue(fault(Feeds.protos(folder.resolve("b"))).contains("of type STRING, not of numbers"));
    assertTrue(fault(Feeds.protos(folder.resolve("c"))).contains("is not a tensor of ONNX"));
  }

  private static Feeds feeds(String name, INDArray array) {
    return Feeds.of(Map.of(name, array));
  }

  @Test
  void arraysAreCastWhereTheirValuesStay() {
    INDArray doubles = Nd4j.createFromArray(new double[][] {{0.5, -3}});
    INDArray ints = Nd4j.createFromArray(new int[][] {{101, 102}});
    INDArray whole = Nd4j.createFromArray(new float[][] {{101, 102}});

    INDArray x = get(list(feeds("x", doubles).fit(List.of(X))).get(0), "x");
    INDArray ids = get(list(feeds("input_ids", ints).fit(List.of(IDS))).get(0), "input_ids");
    INDArray same = get(list(feeds("input_ids", whole).fit(List.of(IDS))).get(0), "input_ids");

    assertEquals(DataType.FLOAT, x.dataType());
    assertEquals(-3f, x.getFloat(0, 1));
    assertEquals(DataType.INT64, ids.dataType());
    assertEquals(102, ids.getLong(0, 1));
    assertEquals(102, same.getLong(0, 1));
  }

  @Test
  void valuesThatAnInputDoesNotHaveAreRefused() {
    INDArray tenth = Nd4j.createFromArray(new double[][] {{0.5, 0.1}});
    INDArray half = Nd4j.createFromArray(new float[][] {{1, 1.5f}});
    INDArray large = Nd4j.createFromArray(new long[][] {{1, (1L << 24) + 1}});
    INDArray huge = Nd4j.createFromArray(new long[][] {{1, Long.MAX_VALUE}});
    FeedInput bool = new FeedInput("x", DataType.BOOL, List.of(1L, 2L));
    FeedInput int32 = new FeedInput("x", DataType.INT32, List.of(1L, 2L));

    assertEquals(
        "batch 0: array 'x' is float64 [1, 2]; the model's input is x float32 [?, 2], which has no"
            + " 0.1 as at [0, 1]: save the array as float32",
        fault(feeds("x", tenth).fit(List.of(X))));
    assertTrue(fault(feeds("input_ids", half).fit(List.of(IDS))).contains("which has no 1.5"));
    assertTrue(fault(feeds("x", large).fit(List.of(X))).contains("which has no 16777217"));
    assertTrue(fault(feeds("x", huge).fit(List.of(X))).contains("9223372036854775807"));
    assertTrue(fault(feeds("x", huge).fit(List.of(int32))).contains("9223372036854775807"));
    assertTrue(fault(feeds("x", large).fit(List.of(bool))).contains("which has no 16777217"));
  }

  @Test
  void otherNamesAndShapesAreRefused() {
    INDArray pair = Nd4j.createFromArray(new float[][] {{1, 2}});
    INDArray triple = Nd4j.createFromArray(new float[][] {{1, 2, 3}});

    assertEquals(
        "batch 0: the model has no input 'input_idz'; did you mean 'input_ids'?",
        fault(feeds("input_idz", pair).fit(List.of(IDS, X))));
    assertEquals(
        "batch 0: holds no array for the model's input input_ids; it holds x",
        fault(feeds("x", pair).fit(List.of(IDS, X))));
    assertEquals(
        "batch 0: array 'x' is float32 [1, 3]; the model's input is x float32 [?, 2]",
        fault(feeds("x", triple).fit(List.of(X))));
    assertTrue(
        fault(feeds("x", Nd4j.create(DataType.FLOAT, 0, 2)).fit(List.of(X)))
            .endsWith("and must hold values"));
    assertTrue(
        fault(feeds("x", Nd4j.createFromArray(new float[][] {{1, Float.NaN}})))
            .startsWith("batch 0: array 'x' holds NaN at [0, 1]"));
  }

  @Test
  void batchesAreSplitByRowsAndByBytes() {
    INDArray x = Nd4j.arange(20).castTo(DataType.FLOAT).reshape(10, 2);
    INDArray mask = Nd4j.ones(DataType.BOOL, 10, 1);
    Map<String, INDArray> batch = new LinkedHashMap<>();
    batch.put("x", x);
    batch.put("mask", mask);

    List<Map<String, INDArray>> byRows = list(Feeds.of(batch).split(4, 1000));
    List<Map<String, INDArray>> byBytes = list(Feeds.of(batch).split(100, 20));
    List<Map<String, INDArray>> single = list(Feeds.of(batch).split(100, 1));

    assertEquals(List.of(4L, 4L, 2L), byRows.stream().map(b -> get(b, "x").size(0)).toList());
    assertEquals(17f, get(byRows.get(2), "x").getFloat(0, 1));
    assertEquals(DataType.BOOL, get(byRows.get(2), "mask").dataType());
    assertEquals(2, get(byRows.get(2), "mask").size(0));
    assertEquals(5, byBytes.size());
    assertEquals(10, single.size());
    assertThrows(IllegalArgumentException.class, () -> Feeds.of(batch).split(0, 1));
    batch.put("sr", Nd4j.scalar(16000L));
    assertEquals(1, list(Feeds.of(batch).split(4, 1000)).size());
  }

  @Test
  void filesThatAreMissingAreNamed() {
    Path missing = folder.resolve("missing");

    for (org.junit.jupiter.api.function.Executable read :
        List.<org.junit.jupiter.api.function.Executable>of(
            () -> Feeds.npz(missing),
            () -> Feeds.npy(missing),
            () -> Feeds.npy(missing, "x"),
            () -> Feeds.protos(missing),
            () -> Feeds.jsonLines(missing))) {
      assertEquals(missing.toString(), assertThrows(NoSuchFileException.class, read).getMessage());
    }
    FeedException none = assertThrows(FeedException.class, () -> Feeds.protos(folder));
    assertTrue(String.valueOf(none.getMessage()).endsWith("holds no input_0.pb file"));
  }
}
