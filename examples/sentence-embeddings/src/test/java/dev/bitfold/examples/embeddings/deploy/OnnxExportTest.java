package dev.bitfold.examples.embeddings.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.FusedEncoderLayer;
import dev.bitfold.examples.embeddings.model.Linear;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.peer.PeerModel;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.ValueInfoProto;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Compares what ONNX Runtime computes for the exported model with what the quantized model
 * computes.
 */
@Tag("slow")
class OnnxExportTest {
  private static final long PUBLISHED_BYTES = 22_972_370;
  private static final int SENTENCES = 200;

  @TempDir static Path folder;
  private static OnnxExport export;
  private static Path file;
  private static OnnxQdq.Exported exported;

  @BeforeAll
  static void export() throws Exception {
    export =
        OnnxExport.of(
            MiniLmFixture.FILE.onnx(),
            MiniLmFixture.MODEL,
            BatchEmbedder.batches(MiniLmFixture.TOKENIZER, StsData.calibration(64)));
    file = folder.resolve("model.onnx");
    exported = export.write(file, OnnxOptions.DEFAULT);
  }

  @Test
  void isNoLargerThanThePublishedModel() throws Exception {
    assertEquals(Files.size(file), exported.bytes());
    assertTrue(exported.bytes() <= PUBLISHED_BYTES, exported.bytes() + " bytes");
    assertEquals(13, exported.opset());
  }

  /** Where ONNX Runtime loses the names of sizes, it fuses none, and a batch takes 15 % longer. */
  @Test
  void everyNormIsFusedWithTheAdditionsBeforeIt() throws Exception {
    Path optimized = folder.resolve("optimized.onnx");
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.EXTENDED_OPT);
      options.setOptimizedModelFilePath(optimized.toString());
      OrtEnvironment.getEnvironment().createSession(file.toString(), options).close();
    }
    Map<String, Integer> operators = new HashMap<>();
    for (NodeProto node :
        ModelProto.parseFrom(Files.readAllBytes(optimized)).getGraph().getNodeList()) {
      operators.merge(node.getOpType(), 1, Integer::sum);
    }
    assertEquals(13, operators.get("SkipLayerNormalization"), operators.toString());
    assertEquals(36, operators.get("MatMulIntegerToFloat"), operators.toString());
    assertEquals(null, operators.get("LayerNormalization"));
  }

  @Test
  void sentencesAgreeWithTheQuantizedModel() throws Exception {
    List<String> some =
        StsData.test().stream().map(pair -> pair.second()).distinct().limit(SENTENCES).toList();
    assertEquals(SENTENCES, some.size());
    float[][] expected =
        new BatchEmbedder(MiniLmFixture.TOKENIZER, export.quantized().model()::forward)
            .embed(some, n -> {});
    double sum = 0;
    double least = 1;
    try (PeerModel runtime =
        new PeerModel(InputFile.of(file), MiniLmFixture.TOKENIZER, Pooling.MEAN)) {
      float[][] actual = runtime.embed(some, n -> {});
      for (int i = 0; i < SENTENCES; i++) {
        double cosine = cosine(expected[i], actual[i]);
        sum += cosine;
        least = Math.min(least, cosine);
      }
    }
    String seen = "mean cosine " + sum / SENTENCES + ", at worst " + least;
    System.out.println("exported and quantized model, 200 sentences: " + seen);
    assertTrue(sum / SENTENCES >= 0.9998 && least >= 0.999, seen);
  }

  private static double cosine(float[] x, float[] y) {
    double product = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      product += (double) x[i] * y[i];
      xx += (double) x[i] * x[i];
      yy += (double) y[i] * y[i];
    }
    return product / Math.sqrt(xx * yy);
  }

  /**
   * Each layer is given what its nodes are given in ONNX Runtime, and must make what they make, to
   * one step of 8 bits over the range of that output.
   */
  @Test
  void eachLayerAgreesToAQuantizationStep() throws Exception {
    Nodes nodes = new Nodes(ModelProto.parseFrom(Files.readAllBytes(file)).getGraph());
    List<String> values = new ArrayList<>();
    List<FusedEncoderLayer> encoder = export.quantized().model().encoder();
    for (int i = 0; i < encoder.size(); i++) {
      for (String node : Nodes.of(i)) {
        values.add(nodes.input(node));
        values.add(nodes.output(node));
      }
    }
    Map<String, INDArray> seen = run(values);
    double worst = 0;
    int layers = 0;
    for (int i = 0; i < encoder.size(); i++) {
      INDArray folded =
          Backed.contentsOf(export.quantized())
              .file()
              .state()
              .preQuantScales()
              .get("encoder." + i + ".attention.output.x");
      List<String> at = Nodes.of(i);
      FusedEncoderLayer layer = encoder.get(i);
      // The smoothing of the attention's output is folded into the values.
      INDArray all = layer.attention().projections().forward(seen.get(nodes.input(at.get(0))));
      INDArray[] parts = new INDArray[3];
      for (int p = 0; p < 3; p++) {
        parts[p] = seen.get(nodes.output(at.get(p)));
      }
      parts[2] = folded == null ? parts[2] : parts[2].divRowVector(folded);
      worst = Math.max(worst, steps(all, Nd4j.concat(1, parts)));
      INDArray context = seen.get(nodes.input(at.get(3)));
      context = folded == null ? context : context.divRowVector(folded);
      worst = Math.max(worst, steps(layer.attention().output(), context, nodes, at.get(3), seen));
      worst = Math.max(worst, steps(layer.feedForward().fc1(), null, nodes, at.get(4), seen));
      worst = Math.max(worst, steps(layer.feedForward().fc2(), null, nodes, at.get(5), seen));
      layers += 4;
    }
    System.out.println("layer by layer: at most " + worst + " of a quantization step");
    assertEquals(24, layers);
    assertTrue(worst <= 1, worst + " steps");
  }

  private static double steps(
      Linear layer, INDArray given, Nodes nodes, String node, Map<String, INDArray> seen) {
    INDArray x = given == null ? seen.get(nodes.input(node)) : given;
    return steps(layer.forward(x), seen.get(nodes.output(node)));
  }

  /** The largest difference in steps of 8 bits over the range of the expected values. */
  private static double steps(INDArray expected, INDArray actual) {
    double range =
        expected.maxNumber().doubleValue() - Math.min(0, expected.minNumber().doubleValue());
    return expected.sub(actual).amaxNumber().doubleValue() / (range / 255);
  }

  /** Runs some sentences, and gives these values as [tokens, channels]. */
  private static Map<String, INDArray> run(List<String> values) throws Exception {
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    values.stream()
        .distinct()
        .forEach(
            name ->
                model
                    .getGraphBuilder()
                    .addOutput(
                        ValueInfoProto.newBuilder()
                            .setName(name)
                            .setType(
                                onnx.Onnx.TypeProto.newBuilder()
                                    .setTensorType(
                                        onnx.Onnx.TypeProto.Tensor.newBuilder().setElemType(1)))));
    int[] tokens = MiniLmFixture.TOKENIZER.encode(StsData.test().get(7).first());
    long[] ids = java.util.Arrays.stream(tokens).asLongStream().toArray();
    long[] ones = new long[ids.length];
    java.util.Arrays.fill(ones, 1);
    long[] shape = {1, ids.length};
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, INDArray> seen = new HashMap<>();
    Map<String, long[]> inputs =
        Map.of("input_ids", ids, "attention_mask", ones, "token_type_ids", new long[ids.length]);
    Map<String, OnnxTensor> given = new HashMap<>();
    try (OrtSession session = environment.createSession(model.build().toByteArray())) {
      for (Map.Entry<String, long[]> input : inputs.entrySet()) {
        given.put(
            input.getKey(),
            OnnxTensor.createTensor(environment, LongBuffer.wrap(input.getValue()), shape));
      }
      try (OrtSession.Result result = session.run(given)) {
        for (String name : values) {
          OnnxTensor value = (OnnxTensor) result.get(name).orElseThrow();
          float[] floats = new float[value.getFloatBuffer().remaining()];
          value.getFloatBuffer().get(floats);
          int columns = floats.length / tokens.length;
          seen.put(name, Nd4j.createFromArray(floats).reshape(tokens.length, columns));
        }
      }
    } finally {
      given.values().forEach(OnnxTensor::close);
    }
    return seen;
  }

  /** The nodes of the exported graph, by name. */
  private record Nodes(GraphProto graph) {
    /** The MatMul nodes of an encoder layer: query, key, value, output, fc1, fc2. */
    static List<String> of(int layer) {
      String at = "/encoder/layer." + layer + "/";
      return List.of(
          at + "attention/self/query/MatMul",
          at + "attention/self/key/MatMul",
          at + "attention/self/value/MatMul",
          at + "attention/output/dense/MatMul",
          at + "intermediate/dense/MatMul",
          at + "output/dense/MatMul");
    }

    private NodeProto named(String name) {
      return graph.getNodeList().stream()
          .filter(node -> node.getName().equals(name))
          .findFirst()
          .orElseThrow();
    }

    private NodeProto producer(String value) {
      return graph.getNodeList().stream()
          .filter(node -> node.getOutputList().contains(value))
          .findFirst()
          .orElseThrow();
    }

    /** What comes before the smoothing and the quantization of a node's input. */
    String input(String name) {
      NodeProto dequantize = producer(named(name).getInput(0));
      NodeProto quantize = producer(dequantize.getInput(0));
      assertEquals("QuantizeLinear", quantize.getOpType());
      NodeProto before = producer(quantize.getInput(0));
      return before.getName().endsWith("/smooth") ? before.getInput(0) : quantize.getInput(0);
    }

    /** What the addition of the bias makes. */
    String output(String name) {
      String product = named(name).getOutput(0);
      return graph.getNodeList().stream()
          .filter(node -> node.getInputList().contains(product))
          .findFirst()
          .orElseThrow()
          .getOutput(0);
    }
  }
}
