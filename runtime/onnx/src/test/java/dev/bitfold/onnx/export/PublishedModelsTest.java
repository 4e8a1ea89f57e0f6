package dev.bitfold.onnx.export;

import static ai.onnxruntime.OrtSession.SessionOptions.OptLevel.ALL_OPT;
import static ai.onnxruntime.OrtSession.SessionOptions.OptLevel.NO_OPT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.bitfold.Quantized;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.onnx.Linear;
import dev.bitfold.onnx.Products;
import dev.bitfold.onnx.ProductsQuantizer;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.proof.ProofResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The int8 models that LangChain4j publishes, written anew from their float siblings without data.
 * The jars are 530 MB; the Maven profile {@code published-models} fetches them.
 */
@EnabledIf(value = "areThere", disabledReason = "the profile published-models is off")
@Tag("any-jdk")
class PublishedModelsTest {
  private static final int VOCABULARY = 20_000;

  @TempDir Path folder;

  static boolean areThere() {
    return PublishedModelsTest.class.getResource("/e5-small-v2-q.onnx") != null;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "all-minilm-l6-v2",
        "bge-small-en",
        "bge-small-en-v1.5",
        "bge-small-zh",
        "bge-small-zh-v1.5",
        "e5-small-v2"
      })
  void areReproducedWithoutData(String name) throws Exception {
    byte[] original = resource(name + ".onnx");
    byte[] published = resource(name + "-q.onnx");
    OnnxWeights file = OnnxWeights.of(name + ".onnx", original);
    List<String> nodes = new ArrayList<>();
    List<String> tables = new ArrayList<>();
    Products products = read(ModelProto.parseFrom(original).getGraph(), file, nodes, tables);
    Quantized<Products> quantized =
        ProductsQuantizer.of(products).using(Recipe.ONNX_DYNAMIC).freeze();
    OnnxMapping mapping = OnnxMapping.empty();
    for (int i = 0; i < nodes.size(); i++) {
      mapping = mapping.layer("layers." + i, nodes.get(i));
    }
    Path out = folder.resolve("ours.onnx");

    OnnxQdq.Exported exported =
        OnnxQdq.export(
            file,
            quantized,
            mapping,
            out,
            OnnxOptions.DEFAULT
                .withEmbeddings(tables.toArray(String[]::new))
                .withRuntimeRounding(true));

    long equal = assertSameWeights(published, Files.readAllBytes(out));
    assertEquals(nodes.size(), exported.dynamic().size());
    ProofResult.Proved proof = (ProofResult.Proved) exported.proof();
    byte[] ours = Files.readAllBytes(out);
    float difference = largestDifference(vectors(published, NO_OPT), vectors(ours, NO_OPT));
    float[][] floats = vectors(original, ALL_OPT);
    double theirs = 1 - meanCosine(floats, vectors(published, ALL_OPT));
    double own = 1 - meanCosine(floats, vectors(ours, ALL_OPT));
    System.out.printf(
        "%s: %d bytes of weights equal, file %d (published %d), without the optimizer largest"
            + " difference %g; with it 1 - cosine to float %g (published %g), %s%n",
        name, equal, exported.bytes(), published.length, difference, own, theirs, proof);
    assertTrue(exported.bytes() <= published.length, "no larger");
    assertEquals(0, difference, "the same integers and sums, in the same order");
    // With the optimizer, sums in another order move codes, and these all that follows.
    assertTrue(own <= 1.25 * theirs, own + " > 1.25 * " + theirs);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = PublishedModelsTest.class.getResourceAsStream("/" + name)) {
      return assertNotNullStream(in, name).readAllBytes();
    }
  }

  private static InputStream assertNotNullStream(
      @org.jspecify.annotations.Nullable InputStream in, String name) {
    assertNotNull(in, name);
    return in;
  }

  /** All MatMuls with constant weights, and the tables of all Gathers of floats. */
  private static Products read(
      GraphProto graph, OnnxWeights file, List<String> nodes, List<String> tables) {
    Map<String, TensorProto> constants = new HashMap<>();
    graph.getInitializerList().forEach(t -> constants.put(t.getName(), t));
    List<Linear> layers = new ArrayList<>();
    for (NodeProto node : graph.getNodeList()) {
      if (node.getOpType().equals("MatMul") && constants.containsKey(node.getInput(1))) {
        NodeProto add =
            graph.getNodeList().stream()
                .filter(n -> n.getInputList().contains(node.getOutput(0)))
                .filter(n -> n.getOpType().equals("Add"))
                .findFirst()
                .orElseThrow(() -> new AssertionError(node.getName()));
        String bias =
            add.getInputList().stream().filter(constants::containsKey).findFirst().orElseThrow();
        layers.add(new Linear(file.weights(node.getName()), file.tensor(bias)));
        nodes.add(node.getName());
      } else if (node.getOpType().equals("Gather")
          && constants.containsKey(node.getInput(0))
          && constants.get(node.getInput(0)).getDimsCount() == 2) {
        tables.add(node.getName());
      }
    }
    return new Products(layers);
  }

  /** Codes, scales and zero points, by the nodes that read them. */
  private static Map<String, List<byte[]>> weights(byte[] model) throws IOException {
    GraphProto graph = ModelProto.parseFrom(model).getGraph();
    Map<String, TensorProto> constants = new HashMap<>();
    graph.getInitializerList().forEach(t -> constants.put(t.getName(), t));
    Map<String, NodeProto> producers = new HashMap<>();
    graph.getNodeList().forEach(n -> n.getOutputList().forEach(o -> producers.put(o, n)));
    Map<String, List<byte[]>> weights = new HashMap<>();
    for (NodeProto node : graph.getNodeList()) {
      String name = node.getName().replaceAll("_quant$", "");
      if (node.getOpType().equals("MatMulInteger")) {
        NodeProto scale =
            graph.getNodeList().stream()
                .filter(n -> n.getOpType().equals("Mul"))
                .filter(n -> n.getOutput(0).startsWith(node.getName()))
                .filter(n -> constants.containsKey(n.getInput(1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(node.getName()));
        weights.put(
            name,
            List.of(
                bytes(constants.get(node.getInput(1))),
                bytes(constants.get(scale.getInput(1))),
                bytes(constants.get(node.getInput(3)))));
      } else if (node.getOpType().equals("DequantizeLinear")) {
        NodeProto gather = producers.get(node.getInput(0));
        weights.put(
            gather.getName(),
            List.of(
                bytes(constants.get(gather.getInput(0))),
                bytes(constants.get(node.getInput(1))),
                bytes(constants.get(node.getInput(2)))));
      }
    }
    return weights;
  }

  private static byte[] bytes(TensorProto tensor) {
    if (!tensor.getRawData().isEmpty()) {
      return tensor.getRawData().toByteArray();
    }
    if (tensor.getFloatDataCount() > 0) {
      java.nio.ByteBuffer floats =
          java.nio.ByteBuffer.allocate(4 * tensor.getFloatDataCount())
              .order(java.nio.ByteOrder.LITTLE_ENDIAN);
      tensor.getFloatDataList().forEach(floats::putFloat);
      return floats.array();
    }
    byte[] bytes = new byte[tensor.getInt32DataCount()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) tensor.getInt32Data(i);
    }
    return bytes;
  }

  private static long assertSameWeights(byte[] published, byte[] ours) throws IOException {
    Map<String, List<byte[]>> expected = weights(published);
    Map<String, List<byte[]>> actual = weights(ours);
    assertEquals(expected.keySet(), actual.keySet());
    long bytes = 0;
    for (Map.Entry<String, List<byte[]>> node : expected.entrySet()) {
      for (int part = 0; part < 3; part++) {
        byte[] mine = actual.get(node.getKey()).get(part);
        assertArrayEquals(node.getValue().get(part), mine, node.getKey() + ", part " + part);
        bytes += mine.length;
      }
    }
    return bytes;
  }

  private static float largestDifference(float[][] expected, float[][] actual) {
    float largest = 0;
    for (int row = 0; row < expected.length; row++) {
      for (int c = 0; c < expected[row].length; c++) {
        largest = Math.max(largest, Math.abs(expected[row][c] - actual[row][c]));
      }
    }
    return largest;
  }

  private static double meanCosine(float[][] expected, float[][] actual) {
    double sum = 0;
    for (int row = 0; row < expected.length; row++) {
      double product = 0;
      double xx = 0;
      double yy = 0;
      for (int c = 0; c < expected[row].length; c++) {
        product += (double) expected[row][c] * actual[row][c];
        xx += (double) expected[row][c] * expected[row][c];
        yy += (double) actual[row][c] * actual[row][c];
      }
      sum += product / Math.sqrt(xx * yy);
    }
    return sum / expected.length;
  }

  /** Of 16 rows of 24 random tokens, some of which are padding: the mean of the others. */
  private static float[][] vectors(byte[] model, OrtSession.SessionOptions.OptLevel level)
      throws Exception {
    int rows = 16;
    int tokens = 24;
    Random random = new Random(3);
    long[] ids = random.longs((long) rows * tokens, 1000, VOCABULARY).toArray();
    long[] mask = new long[ids.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i % tokens <= i / tokens + 8 ? 1 : 0;
    }
    long[] shape = {rows, tokens};
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      options.setOptimizationLevel(level);
      try (OrtSession session = environment.createSession(model, options);
          OnnxTensor words = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
          OnnxTensor which = OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape);
          OnnxTensor types =
              OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[ids.length]), shape);
          OrtSession.Result result =
              session.run(
                  Map.of("input_ids", words, "attention_mask", which, "token_type_ids", types))) {
        float[][][] hidden = (float[][][]) result.get(0).getValue();
        float[][] vectors = new float[rows][hidden[0][0].length];
        for (int row = 0; row < rows; row++) {
          for (int t = 0; t < tokens; t++) {
            for (int c = 0; c < vectors[row].length; c++) {
              vectors[row][c] += mask[row * tokens + t] * hidden[row][t][c];
            }
          }
        }
        return vectors;
      }
    }
  }
}
