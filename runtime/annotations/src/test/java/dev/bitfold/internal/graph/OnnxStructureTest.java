package dev.bitfold.internal.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.DeflaterInputStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The structure of a file is read as it was written, and its values are not read at all. */
@Tag("any-jdk")
class OnnxStructureTest {
  private static final byte[] VALUES = {1, 2, 3, 4, 5, 6, 7, 8};

  private static Wire tensor(String name, int type, byte[] values, long... shape) {
    return new Wire().packed(1, shape).integer(2, type).text(8, name).bytes(9, values);
  }

  private static Wire node(String name, String operator, List<String> inputs, String output) {
    Wire node = new Wire();
    inputs.forEach(input -> node.text(1, input));
    return node.text(2, output).text(3, name).text(4, operator);
  }

  private static Wire input(String name, int type, Wire... axes) {
    Wire shape = new Wire();
    for (Wire axis : axes) {
      shape.message(1, axis);
    }
    Wire tensor = new Wire().integer(1, type).message(2, shape);
    return new Wire().text(1, name).message(2, new Wire().message(1, tensor));
  }

  private static Wire model(Wire graph) {
    return new Wire().integer(1, 8).text(2, "pytorch").message(7, graph);
  }

  private static Wire graph(byte[] values) {
    Wire body = new Wire().message(1, node("inner", "MatMul", List.of("a", "b"), "c"));
    Wire constant =
        node("", "Constant", List.of(), "k")
            .message(
                5, new Wire().text(1, "value").message(5, tensor("", 1, VALUES, 2)).integer(20, 4));
    return new Wire()
        .message(
            1,
            node("/fc/MatMul", "MatMul", List.of("x", "w"), "y")
                .text(7, "com.acme")
                .message(5, new Wire().text(1, "axis").integer(3, -1))
                .message(5, new Wire().text(1, "perm").packed(8, 1, 0))
                .message(5, new Wire().text(1, "one").integer(8, 2).integer(8, 3)))
        .message(1, constant)
        .message(1, node("if", "If", List.of("x"), "z").message(5, new Wire().message(6, body)))
        .message(5, tensor("w", 1, values, 2, 1))
        .message(15, new Wire().message(1, tensor("sparse", 1, VALUES, 2)))
        .message(
            11, input("x", 7, new Wire().text(2, "batch"), new Wire().integer(1, 128), new Wire()))
        .message(11, input("w", 1))
        .message(11, input("sparse", 1));
  }

  private static OnnxStructure read(byte[] bytes) throws IOException {
    return OnnxStructure.read(new ByteArrayInputStream(bytes));
  }

  @Test
  void nodesConstantsAndInputsAreRead() throws IOException {
    OnnxStructure structure = read(model(graph(VALUES)).toBytes());
    List<OnnxNode> nodes = structure.graph().nodes();
    assertEquals(List.of("/fc/MatMul", "k", "if"), nodes.stream().map(OnnxNode::name).toList());
    OnnxNode first = nodes.get(0);
    assertEquals("MatMul", first.operator());
    assertEquals("com.acme", first.domain());
    assertEquals(List.of("x", "w"), first.inputs());
    assertEquals(List.of("y"), first.outputs());
    assertEquals(-1, first.integer("axis", 7));
    assertEquals(7, first.integer("other", 7));
    assertEquals(List.of(1L, 0L), first.attributes().get(1).integers());
    assertEquals(List.of(2L, 3L), first.attributes().get(2).integers());
    assertEquals(
        new OnnxTensor("", 1, List.of(2L)),
        nodes.get(1).attributes().get(0).tensor().orElseThrow());
    assertEquals("inner", nodes.get(2).graphs().get(0).nodes().get(0).name());
    assertEquals(
        Map.of("w", new OnnxTensor("w", 1, List.of(2L, 1L))), structure.graph().constants());
    assertEquals(
        List.of(new OnnxInput("x", 7, List.of("batch", "128", "?"))), structure.graph().inputs());
    assertEquals(false, structure.functions());
  }

  /** As {@code dev.bitfold.onnx.file.NodeNames} has it. */
  @Test
  void nodesWithoutANameOfTheirOwnAreNamedAfterTheirOutput() throws IOException {
    Wire graph =
        new Wire()
            .message(1, node("twice", "Relu", List.of("x"), "a"))
            .message(1, node("twice", "Relu", List.of("a"), "b"))
            .message(1, node("", "Relu", List.of("b"), "own"))
            .message(1, node("own", "Relu", List.of("own"), "c"));
    assertEquals(
        List.of("a", "b", "own_1", "own"),
        read(model(graph).toBytes()).graph().nodes().stream().map(OnnxNode::name).toList());
  }

  @Test
  void theHashIsOfAllButValues() throws IOException {
    byte[] bytes = model(graph(VALUES)).toBytes();
    String hash = read(bytes).hash();
    assertEquals(64, hash.length());
    assertEquals(hash, read(model(graph(new byte[8])).toBytes()).hash());
    assertNotEquals(hash, read(model(graph(new byte[12])).toBytes()).hash());
    int same = 0;
    for (int i = 0; i < bytes.length; i++) {
      byte[] other = bytes.clone();
      other[i] ^= 1;
      try {
        same += read(other).hash().equals(hash) ? 1 : 0;
      } catch (OnnxFormatException e) {
        assertTrue(String.valueOf(e.getMessage()).matches("(is|ends) .*"), e.getMessage());
      }
    }
    assertEquals(3 * VALUES.length, same, "as many bytes as are values can change");
  }

  @Test
  void valuesOfEachFieldAreLeftOut() throws IOException {
    Wire ones = new Wire().text(8, "w").integer(2, 1).fixed(4, 1).bytes(7, new byte[] {1});
    Wire twos = new Wire().text(8, "w").integer(2, 1).fixed(4, 2).bytes(7, new byte[] {2});
    Wire node = node("n", "Relu", List.of("w"), "y");
    assertEquals(
        read(model(new Wire().message(1, node).message(5, ones)).toBytes()).hash(),
        read(model(new Wire().message(1, node).message(5, twos)).toBytes()).hash());
  }

  @Test
  void aFileThatEndsTooEarlyIsRefusedWhereverItEnds(@TempDir Path folder) throws IOException {
    byte[] bytes = model(graph(VALUES)).toBytes();
    Path file = folder.resolve("part.onnx");
    for (int length = 0; length < bytes.length; length++) {
      byte[] part = Arrays.copyOf(bytes, length);
      assertThrows(OnnxFormatException.class, () -> read(part));
      Files.write(file, part);
      try (InputStream in = Files.newInputStream(file)) { // It may skip beyond its end.
        assertThrows(OnnxFormatException.class, () -> OnnxStructure.read(in));
      }
    }
  }

  @Test
  void aCompressedFileHasTheSameStructure() throws IOException {
    Wire graph = new Wire().message(1, node("n", "MatMul", List.of("x", "w"), "y"));
    byte[] bytes = model(graph.message(5, tensor("w", 1, new byte[1 << 18], 256, 256))).toBytes();
    InputStream deflated = new DeflaterInputStream(new ByteArrayInputStream(bytes));
    assertEquals(read(bytes), OnnxStructure.read(new InflaterInputStream(deflated)));
    byte[] part = Arrays.copyOf(bytes, bytes.length / 2);
    InputStream half = new DeflaterInputStream(new ByteArrayInputStream(part));
    assertThrows(
        OnnxFormatException.class, () -> OnnxStructure.read(new InflaterInputStream(half)));
  }

  @Test
  void damagedFilesAreRefusedAndNeverFailOtherwise() throws IOException {
    byte[] bytes = model(graph(VALUES)).toBytes();
    long seed = 11;
    Random random = new Random(seed);
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] damaged = bytes.clone();
      for (int change = 0; change <= round % 4; change++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        read(damaged);
      } catch (OnnxFormatException e) {
        refused++;
      }
    }
    assertTrue(refused > 1000, "seed " + seed + ": " + refused);
  }

  @Test
  void whatIsNoOnnxFileIsRefusedByName() {
    for (String text : Set.of("", "Hello", "PK\3\4 a zip file", "{\"json\": true}")) {
      OnnxFormatException e =
          assertThrows(
              OnnxFormatException.class,
              () -> read(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      assertTrue(String.valueOf(e.getMessage()).matches("(?s)(is|ends) .*"), e.getMessage());
    }
    Wire deep = new Wire();
    for (int level = 0; level < 120; level++) {
      Wire node = new Wire().text(4, "If").message(5, new Wire().message(6, deep));
      deep = new Wire().message(1, node);
    }
    byte[] nested = model(deep).toBytes();
    assertThrows(OnnxFormatException.class, () -> read(nested));
  }

  /** Counts what is read, and skips as a file does. */
  private static final class Counting extends FilterInputStream {
    long read;

    Counting(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      read++;
      return super.read();
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int some = super.read(bytes, from, length);
      read += Math.max(0, some);
      return some;
    }
  }

  @Test
  void valuesAreSkippedAndNotRead() throws IOException {
    Wire graph = new Wire();
    for (int i = 0; i < 20; i++) {
      graph.message(1, node("n" + i, "MatMul", List.of("x", "w" + i), "y" + i));
      graph.message(5, tensor("w" + i, 1, new byte[1 << 20], 512, 512));
    }
    byte[] bytes = model(graph).toBytes();
    assertTrue(bytes.length > 20 << 20);
    Counting in = new Counting(new ByteArrayInputStream(bytes));
    assertEquals(20, OnnxStructure.read(in).graph().nodes().size());
    assertTrue(in.read < 21 << 16, "at most a buffer for each tensor: " + in.read);
  }
}
