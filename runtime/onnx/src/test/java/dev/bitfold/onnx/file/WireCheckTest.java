package dev.bitfold.onnx.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.shade.protobuf.CodedOutputStream;

/** Bytes that protobuf would take for far more memory than the file has. */
class WireCheckTest {
  private static final int MIB = 1 << 20;

  private static void check(byte[] bytes) {
    new WireCheck("m.onnx", bytes).check();
  }

  private static void refused(String why, byte[] bytes) {
    assertEquals(
        "m.onnx: " + why, assertThrows(OnnxException.class, () -> check(bytes)).getMessage());
  }

  /** A field of bytes around some content. */
  private static byte[] field(int number, byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      out.writeByteArray(number, content);
      out.flush();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] in(byte[] content, int... fields) {
    byte[] all = content;
    for (int i = fields.length - 1; i >= 0; i--) {
      all = field(fields[i], all);
    }
    return all;
  }

  private static byte[] twice(byte[] content) {
    byte[] both = java.util.Arrays.copyOf(content, 2 * content.length);
    System.arraycopy(content, 0, both, content.length, content.length);
    return both;
  }

  @Test
  void aModelIsAccepted() {
    check(
        ModelProto.newBuilder()
            .setIrVersion(8)
            .setGraph(
                GraphProto.newBuilder()
                    .addInitializer(
                        TensorProto.newBuilder().addDims(2).addInt64Data(1).addInt64Data(2))
                    .addNode(
                        NodeProto.newBuilder()
                            .setOpType("If")
                            .addAttribute(
                                AttributeProto.newBuilder()
                                    .addInts(3)
                                    .setG(GraphProto.newBuilder().setName("then")))))
            .build()
            .toByteArray());
    check(new byte[0]);
  }

  /** Each place that holds integers one by one, from the model's field on. */
  @ParameterizedTest
  @CsvSource({
    "7 5 5",
    "7 5 7",
    "7 5 11",
    "7 1 5 8",
    "7 1 5 5 7",
    "7 1 5 10 5",
    "7 1 5 6 5 7",
    "7 1 5 11 1 5 8"
  })
  void listsOfIntegersHaveALimit(String path) {
    int[] fields =
        java.util.stream.Stream.of(path.split(" ", -1)).mapToInt(Integer::parseInt).toArray();
    check(in(new byte[32 * MIB], fields));
    refused(
        "holds more than 32 MiB of integers one by one; it is damaged, or should be saved with raw"
            + " data",
        in(new byte[32 * MIB + 1], fields));
    // All together.
    refused(
        "holds more than 32 MiB of integers one by one; it is damaged, or should be saved with raw"
            + " data",
        twice(in(new byte[17 * MIB], fields)));
  }

  @ParameterizedTest
  @CsvSource({"7 5 9", "7 5 4", "7 1 5 4", "7 1 3", "1", "7 11 7"})
  void otherBytesHaveNone(String path) {
    check(
        in(
            new byte[33 * MIB],
            java.util.stream.Stream.of(path.split(" ", -1)).mapToInt(Integer::parseInt).toArray()));
  }

  @Test
  void aTensorHasFewSizes() {
    check(in(new byte[1024], 7, 5, 1));
    refused("is damaged: 1025 bytes of sizes of a tensor", in(new byte[1025], 7, 5, 1));
  }

  @Test
  void graphsAreNestedOnlySoFar() {
    byte[] graph = {};
    for (int i = 0; i < 26; i++) {
      graph = in(graph, 1, 5, 6);
    }
    check(in(graph, 7));
    refused("is no ONNX file: it is nested too deeply", in(in(graph, 1, 5, 6), 7));
  }

  @Test
  void messagesAreCounted() {
    int most = MIB - 2;
    byte[] nodes = new byte[2 * most];
    for (int i = 0; i < most; i++) {
      nodes[2 * i] = 1 << 3 | 2;
    }
    check(in(nodes, 7));
    byte[] more = java.util.Arrays.copyOf(nodes, nodes.length + 2);
    more[nodes.length] = 1 << 3 | 2;
    refused("has more than 1048576 nodes, attributes and tensors; it is damaged", in(more, 7));
  }

  @Test
  void groupsAndCutFilesAreRefused() {
    String group = "is truncated or no ONNX file: it holds a group";
    refused(group, new byte[] {1 << 3 | 3, 1 << 3 | 4});
    refused(group, new byte[] {1 << 3 | 4});
    byte[] model = in(new byte[] {1, 2, 3}, 7, 5, 9);
    check(model);
    refused("is truncated or no ONNX file", java.util.Arrays.copyOf(model, model.length - 1));
    refused("is truncated or no ONNX file", new byte[] {0x0a});
    check(new byte[] {1 << 3, 5});
  }
}
