package dev.bitfold.onnx.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Tensors are read from files beside the model, lazily and nowhere else. */
class ExternalDataTest {
  private static final int SMALL = 6;
  private static final int LARGE = 1 << 17;

  @Test
  void readsSmallAndLargeTensorsAtTheirPlaces(@TempDir Path folder) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(4 * (SMALL + LARGE) + 12).order(ByteOrder.LITTLE_ENDIAN);
    data.position(12);
    for (int i = 0; i < SMALL + LARGE; i++) {
      data.putFloat(i);
    }
    Files.write(Files.createDirectory(folder.resolve("data")).resolve("w.bin"), data.array());
    Path file =
        write(
            folder,
            tensor("small", SMALL, Map.of("location", "data/w.bin", "offset", "12")),
            tensor(
                "large",
                LARGE,
                Map.of(
                    "location", "data/../data/w.bin",
                    "offset", Integer.toString(12 + 4 * SMALL),
                    "length", Integer.toString(4 * LARGE))));
    OnnxWeights weights = OnnxWeights.open(file);
    INDArray small = weights.tensor("small");
    INDArray large = weights.tensor("large");
    assertEquals(SMALL, small.length());
    assertEquals(5f, small.getFloat(5));
    assertEquals(LARGE, large.length());
    for (int i = 0; i < LARGE; i += 1021) {
      assertEquals((float) SMALL + i, large.getFloat(i));
    }
    assertTrue(OnnxInfo.of(file).toString().contains("external=true"));
  }

  @Test
  void readsFromAFileOfMoreThanTwoGibibytes(@TempDir Path folder) throws IOException {
    // Sparse: it takes a page on the disk.
    long offset = 5L << 30;
    try (RandomAccessFile data = new RandomAccessFile(folder.resolve("w.bin").toFile(), "rw")) {
      data.seek(offset);
      data.write(new byte[] {0, 0, (byte) 0x80, 0x3f});
    }
    Path file =
        write(
            folder,
            tensor("zeros", 1 << 28, Map.of("location", "w.bin")),
            tensor("one", 1, Map.of("location", "w.bin", "offset", Long.toString(offset))));
    OnnxWeights weights = OnnxWeights.open(file);
    assertEquals(1f, weights.tensor("one").getFloat(0));
    assertEquals((1L << 30) + 4, weights.bytes());
  }

  @Test
  void refusesWhatIsNotThere(@TempDir Path folder) throws IOException {
    Files.write(folder.resolve("w.bin"), new byte[16]);
    assertEquals(
        "tensor w is kept in none.bin, which is not beside the model; put it there",
        refusal(folder, Map.of("location", "none.bin")));
    for (String elsewhere : new String[] {"", "../w.bin", "a/../../w.bin", "/etc/hostname"}) {
      assertEquals(
          "tensor w is kept in '"
              + elsewhere
              + "', which is not in the model's folder: move it there and save the model with that"
              + " location, or with all its data in one file",
          refusal(folder, Map.of("location", elsewhere)));
    }
    assertEquals(
        "tensor w ends at byte 20 of w.bin, which has 16",
        refusal(folder, Map.of("location", "w.bin", "offset", "8")));
    assertEquals(
        "tensor w takes 12 bytes, but has 8 in the file beside the model",
        refusal(folder, Map.of("location", "w.bin", "length", "8")));
    assertEquals(
        "tensor w has the impossible place '-4' in the file beside the model",
        refusal(folder, Map.of("location", "w.bin", "offset", "-4")));
    assertEquals(
        "tensor w has the impossible place 'x' in the file beside the model",
        refusal(folder, Map.of("location", "w.bin", "offset", "x")));
  }

  private static String refusal(Path folder, Map<String, String> where) throws IOException {
    Path file = write(folder, tensor("w", 3, where));
    return assertThrows(OnnxException.class, () -> OnnxWeights.open(file)).problem();
  }

  private static TensorProto tensor(String name, int length, Map<String, String> where) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(1)
            .addDims(length)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL);
    where.forEach(
        (key, value) ->
            tensor.addExternalData(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return tensor.build();
  }

  private static Path write(Path folder, TensorProto... tensors) throws IOException {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addNode(
                NodeProto.newBuilder().setName("n").setOpType("Relu").addInput("w").addOutput("y"));
    for (TensorProto tensor : tensors) {
      graph.addInitializer(tensor);
    }
    return Files.write(
        folder.resolve("model.onnx"),
        ModelProto.newBuilder().setGraph(graph).build().toByteArray());
  }
}
