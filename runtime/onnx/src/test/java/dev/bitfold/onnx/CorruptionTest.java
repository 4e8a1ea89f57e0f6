package dev.bitfold.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.OnnxMapping;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxInfo;
import dev.bitfold.onnx.file.OnnxWeights;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import onnx.Onnx.GraphProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs with a heap of 512 MiB. */
@Tag("any-jdk")
class CorruptionTest {
  private static final int FILES = 1000;

  @TempDir Path folder;

  @Test
  void endsInAClearExceptionOrReadsWhatIsWhole() {
    Net net =
        new Net(
            new Linear(Models.random(1, 64, 32), Models.random(2, 32)),
            new Linear(Models.random(3, 32, 16), Models.random(4, 16)));
    Quantized<Net> quantized =
        NetQuantizer.of(net).calibrate(List.of(Models.outliers(5, 50, 64)), Net::forward).freeze();
    GraphProto.Builder graph = Models.net(net);
    graph
        .addInitializer(
            TensorProto.newBuilder()
                .setName("half")
                .setDataType(10)
                .addDims(2)
                .addInt32Data(15360)
                .addInt32Data(-1))
        .addInitializer(
            TensorProto.newBuilder()
                .setName("long")
                .setDataType(7)
                .addDims(2)
                .addInt64Data(1)
                .addInt64Data(1L << 40));
    byte[] whole = Models.model(13, graph).toByteArray();
    long seed = 20261123;
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < FILES; i++) {
      byte[] damaged = damage(whole, random, i);
      int number = i;
      refused +=
          assertTimeoutPreemptively(
              Duration.ofSeconds(20),
              () -> use(damaged, quantized) ? 0 : 1,
              () -> "file " + number + " of seed " + seed);
    }
    // Most damage lies in the values of weights: the hash of a layer's weights finds it.
    assertTrue(refused > FILES * 9 / 10, refused + " of " + FILES + " were refused");
  }

  private static byte[] damage(byte[] whole, Random random, int kind) {
    byte[] damaged = whole.clone();
    switch (kind % 4) {
      case 0 -> damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      case 1 -> {
        for (int i = 0; i < 20; i++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
      }
      case 2 -> {
        // Where the structure is: names, shapes and lengths.
        int at = damaged.length - 1 - random.nextInt(600);
        damaged[at] = (byte) random.nextInt();
        damaged[random.nextInt(300)] = (byte) random.nextInt();
      }
      default -> damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
    }
    return damaged;
  }

  /** A million empty nodes take little of a file and much memory. */
  @Test
  void aFileOfEmptyNodesIsRefusedBeforeItIsRead() {
    byte[] nodes = new byte[8 << 20];
    for (int i = 0; i < nodes.length; i += 2) {
      nodes[i] = 0x0a;
    }
    byte[] graph = {0x3a, (byte) 0x80, (byte) 0x80, (byte) 0x80, 0x04};
    byte[] file = Arrays.copyOf(graph, graph.length + nodes.length);
    System.arraycopy(nodes, 0, file, graph.length, nodes.length);

    OnnxException e = assertThrows(OnnxException.class, () -> OnnxInfo.of("damaged.onnx", file));

    assertTrue(e.getMessage().contains("nodes, attributes and tensors"), e.getMessage());
  }

  @Test
  void aWeightThatIsNoNumberIsNamed() {
    GraphProto.Builder graph =
        Models.net(
            new Net(
                new Linear(Models.random(1, 64, 32), Models.random(2, 32)),
                new Linear(
                    Models.random(3, 32, 16).putScalar(5, 7, Float.NaN), Models.random(4, 16))));
    OnnxWeights file = OnnxWeights.of("nan.onnx", Models.model(13, graph).toByteArray());

    OnnxException e = assertThrows(OnnxException.class, () -> file.weights("/second/MatMul"));

    assertTrue(
        e.getMessage().startsWith("nan.onnx: tensor ")
            && e.getMessage().contains("holds NaN at [5, 7]"),
        e.getMessage());
    OnnxInfo info = OnnxInfo.of("nan.onnx", Models.model(13, graph).toByteArray());
    assertEquals(1, info.initializers().stream().mapToLong(t -> t.nonFinite()).sum());
  }

  /** Reads everything and exports; false if the file was refused. */
  private boolean use(byte[] bytes, Quantized<Net> quantized) throws Exception {
    try {
      OnnxInfo info = OnnxInfo.of("damaged.onnx", bytes);
      assertEquals(bytes.length, info.bytes());
      assertTrue(info.nodes() > 0 && info.toString().length() > 100);
      OnnxWeights file = OnnxWeights.of("damaged.onnx", bytes);
      file.initializers().forEach(file::tensor);
      file.nodes().forEach(file::allWeights);
      file.nodes().forEach(file::reshapeOf);
      OnnxMapping mapping =
          OnnxMapping.empty().layer("first", "/first/MatMul").layer("second", "/second/MatMul");
      OnnxQdq.export(file, quantized, mapping, folder.resolve("out.onnx"), OnnxOptions.DEFAULT);
      return true;
    } catch (OnnxException e) {
      assertTrue(e.getMessage().startsWith("damaged.onnx: "), e.getMessage());
      assertTrue(e.getMessage().length() > 20, e.getMessage());
      return false;
    }
  }
}
