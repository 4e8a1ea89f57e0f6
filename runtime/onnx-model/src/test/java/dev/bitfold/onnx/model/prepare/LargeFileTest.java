package dev.bitfold.onnx.model.prepare;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.GraphBuilder;
import dev.bitfold.onnx.model.SmallGraphs;
import dev.bitfold.onnx.session.Session;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file of more than 2 GiB is prepared and proved, in a heap that could not hold it. Runs with the
 * system property {@code bitfold.large}.
 */
@Tag("slow")
@Tag("any-jdk")
class LargeFileTest {
  private static final long GIB = 1L << 30;
  private static final int WIDTH = 16_384;

  @Test
  void isPreparedAndProved(@TempDir Path folder) throws Exception {
    long free =
        ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system
            ? system.getFreeMemorySize()
            : 0;
    assumeTrue(Boolean.getBoolean("bitfold.large"), "takes minutes; -Dbitfold.large=true runs it");
    assumeTrue(free > 9 * GIB, "needs 9 GiB of free memory");
    assumeTrue(Files.getFileStore(folder).getUsableSpace() > 4 * GIB, "needs 4 GiB of disk");
    Path file = write(folder);
    Prepared prepared = Preparation.of(OnnxWeights.open(file).file(), Map.of());
    assertEquals(
        "agrees with the original on random data, to 1e-5 of each output's range",
        prepared.report().proof());
    assertEquals(
        List.of("first", "second", "third"),
        prepared.file().model().getGraph().getNodeList().stream().map(n -> n.getName()).toList());
    assertTrue(Runtime.getRuntime().maxMemory() < 2 * GIB);
    assertEquals(3 * GIB, Session.bytes(prepared.file()));
  }

  /** Three products of 1 GiB of weights, which are zeros in a sparse file but for a few. */
  private static Path write(Path folder) throws Exception {
    GraphProto.Builder graph =
        GraphBuilder.of(13)
            .input("x", FLOAT, "n", WIDTH)
            .output("y", FLOAT)
            .node(node("MatMul", "first", List.of("x", "a"), "p"))
            .node(node("Identity", "same", List.of("p"), "q"))
            .node(node("MatMul", "second", List.of("q", "b"), "r"))
            .node(node("MatMul", "third", List.of("r", "c"), "y"))
            .model()
            .getGraph()
            .toBuilder();
    long offset = 0;
    try (RandomAccessFile data = new RandomAccessFile(folder.resolve("w.bin").toFile(), "rw")) {
      for (String name : List.of("a", "b", "c")) {
        for (int row = 0; row < WIDTH; row += 97) {
          data.seek(offset + 4L * (row * (long) WIDTH + (row * 31L) % WIDTH));
          data.write(new byte[] {0, 0, (byte) 0x80, 0x3f});
        }
        graph.addInitializer(
            TensorProto.newBuilder()
                .setName(name)
                .setDataType(FLOAT)
                .addDims(WIDTH)
                .addDims(WIDTH)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(SmallGraphs.entry("location", "w.bin"))
                .addExternalData(SmallGraphs.entry("offset", Long.toString(offset))));
        offset += 4L * WIDTH * WIDTH;
      }
      data.setLength(offset);
    }
    ModelProto model = GraphBuilder.of(13).model().toBuilder().setGraph(graph).build();
    return Files.write(folder.resolve("large.onnx"), model.toByteArray());
  }
}
