package dev.bitfold.examples.embeddings.deploy;

import static ai.onnxruntime.OrtSession.SessionOptions.OptLevel.ALL_OPT;
import static ai.onnxruntime.OrtSession.SessionOptions.OptLevel.NO_OPT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.bitfold.Quantized;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.FusedMiniLm;
import dev.bitfold.examples.embeddings.model.FusedMiniLmQuantizer;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.proof.ProofResult;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The published int8 model, made from the float one without data. */
@Tag("slow")
class WithoutDataTest {
  private static final InputFile PUBLISHED = InputFile.ofResource("all-minilm-l6-v2-q.onnx");
  private static final int BATCH = 32;
  private static final int SENTENCES = 2 * BATCH;

  @TempDir static Path folder;
  private static InputFile file;
  private static OnnxQdq.Exported exported;

  @BeforeAll
  static void export() throws Exception {
    OnnxWeights original = MiniLmFixture.FILE.onnx();
    Quantized<FusedMiniLm> quantized =
        FusedMiniLmQuantizer.of(
                FusedMiniLm.of(MiniLmFixture.MODEL, MiniLmFixture.MODEL.embeddings()))
            .using(Recipe.ONNX_DYNAMIC)
            .skip("embeddings")
            .freeze();
    Path out = folder.resolve("model.onnx");
    exported =
        new OnnxExport(original, "/", quantized)
            .write(
                out,
                OnnxOptions.DEFAULT
                    .withRuntimeRounding(true)
                    .withEmbeddings("/embeddings/token_type_embeddings/Gather"));
    file = InputFile.of(out);
  }

  @Test
  void hasThePublishedWeights() throws Exception {
    Map<String, byte[]> expected = weights(PUBLISHED);
    Map<String, byte[]> actual = weights(file);

    assertEquals(3 * (36 + 3), expected.size());
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, bytes) -> assertArrayEquals(bytes, actual.get(name), name));
    assertTrue(exported.bytes() <= PUBLISHED.bytes().length, exported.bytes() + " bytes");
    assertEquals(24, exported.dynamic().size());
    ProofResult.Proved proof = (ProofResult.Proved) exported.proof();
    assertEquals(List.of(), proof.unmoved());
  }

  /** Codes, scale and zero point of each quantized weight, by the node that reads it. */
  private static Map<String, byte[]> weights(InputFile model) throws Exception {
    GraphProto graph = ModelProto.parseFrom(model.bytes()).getGraph();
    Map<String, TensorProto> constants = new HashMap<>();
    graph.getInitializerList().forEach(t -> constants.put(t.getName(), t));
    Map<String, NodeProto> readers = new HashMap<>();
    graph.getNodeList().forEach(n -> n.getInputList().forEach(in -> readers.put(in, n)));
    Map<String, byte[]> weights = new HashMap<>();
    for (NodeProto node : graph.getNodeList()) {
      NodeProto reader = node.getOutputCount() == 1 ? readers.get(node.getOutput(0)) : null;
      if (node.getOpType().equals("MatMulInteger") && reader != null) {
        // Cast, and the product with both scales.
        NodeProto scaled = readers.get(reader.getOutput(0));
        NodeProto scales =
            graph.getNodeList().stream()
                .filter(n -> n.getOutput(0).equals(scaled.getInput(1)))
                .findFirst()
                .orElseThrow();
        String name = node.getName().replace("_quant", "");
        weights.put(name, bytes(constants.get(node.getInput(1))));
        weights.put(name + " scale", bytes(constants.get(scales.getInput(1))));
        weights.put(name + " zero point", bytes(constants.get(node.getInput(3))));
      } else if (reader != null && reader.getOpType().equals("DequantizeLinear")) {
        weights.put(node.getName(), bytes(constants.get(node.getInput(0))));
        weights.put(node.getName() + " scale", bytes(constants.get(reader.getInput(1))));
        weights.put(node.getName() + " zero point", bytes(constants.get(reader.getInput(2))));
      }
    }
    return weights;
  }

  private static byte[] bytes(TensorProto tensor) {
    if (!tensor.getRawData().isEmpty()) {
      return tensor.getRawData().toByteArray();
    }
    // The published file has scales and zero points as numbers.
    boolean floats = tensor.getFloatDataCount() > 0;
    java.nio.ByteBuffer bytes =
        java.nio.ByteBuffer.allocate(
                floats ? 4 * tensor.getFloatDataCount() : tensor.getInt32DataCount())
            .order(java.nio.ByteOrder.LITTLE_ENDIAN);
    tensor.getFloatDataList().forEach(bytes::putFloat);
    tensor.getInt32DataList().forEach(code -> bytes.put(code.byteValue()));
    return bytes.array();
  }

  /**
   * With the optimizer on, sums are in another order, which moves codes: about as far as it moves
   * the vectors of the published model itself.
   */
  @Test
  void hasThePublishedVectors() throws Exception {
    float[][] published = embed(PUBLISHED, 1, NO_OPT);

    assertArrayEquals(published, embed(file, 1, NO_OPT));

    double moved = mean(cosines(published, embed(PUBLISHED, 1, ALL_OPT)));
    double optimized = mean(cosines(embed(file, 1, ALL_OPT), embed(PUBLISHED, 1, ALL_OPT)));
    System.out.println("published, optimized or not: " + moved + "; ours beside it: " + optimized);
    assertTrue(1 - optimized <= 3 * (1 - moved), optimized + " beside " + moved);
  }

  /** Padding and the other sentences move the scales: what the export warns of. */
  @Test
  void aVectorDependsOnTheRestOfItsBatch() throws Exception {
    double[] cosines = cosines(embed(file, 1, ALL_OPT), embed(file, BATCH, ALL_OPT));

    System.out.println("alone and in a batch: " + Arrays.stream(cosines).summaryStatistics());
    assertTrue(mean(cosines) < 0.999 && Arrays.stream(cosines).min().orElse(0) > 0.9);
  }

  private static double mean(double[] cosines) {
    return Arrays.stream(cosines).average().orElseThrow();
  }

  private static double[] cosines(float[][] a, float[][] b) {
    double[] cosines = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      for (int c = 0; c < a[i].length; c++) {
        cosines[i] += (double) a[i][c] * b[i][c]; // of length 1
      }
    }
    return cosines;
  }

  private static float[][] embed(
      InputFile model, int batch, OrtSession.SessionOptions.OptLevel level) throws Exception {
    List<int[]> tokens =
        StsData.test().stream()
            .map(pair -> pair.first())
            .distinct()
            .limit(SENTENCES)
            .map(MiniLmFixture.TOKENIZER::encode)
            .toList();
    float[][] vectors = new float[tokens.size()][];
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession session = open(environment, model, options, level)) {
      for (int from = 0; from < vectors.length; from += batch) {
        List<int[]> some = tokens.subList(from, from + batch);
        int[] lengths = some.stream().mapToInt(t -> t.length).toArray();
        int longest = Arrays.stream(lengths).max().orElseThrow();
        long[] ids = new long[batch * longest];
        long[] mask = new long[ids.length];
        for (int row = 0; row < batch; row++) {
          for (int t = 0; t < lengths[row]; t++) {
            ids[row * longest + t] = some.get(row)[t];
            mask[row * longest + t] = 1;
          }
        }
        long[] shape = {batch, longest};
        try (OnnxTensor words = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
            OnnxTensor which = OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape);
            OnnxTensor types =
                OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[ids.length]), shape);
            OrtSession.Result result =
                session.run(
                    Map.of("input_ids", words, "attention_mask", which, "token_type_ids", types))) {
          FloatBuffer hidden = ((OnnxTensor) result.get(0)).getFloatBuffer();
          int channels = hidden.remaining() / ids.length;
          for (int row = 0; row < batch; row++) {
            float[] own = new float[lengths[row] * channels];
            hidden.get(row * longest * channels, own);
            vectors[from + row] = Pooling.MEAN.pool(own, new int[] {lengths[row]}, channels)[0];
          }
        }
      }
    }
    return vectors;
  }

  private static OrtSession open(
      OrtEnvironment environment,
      InputFile model,
      OrtSession.SessionOptions options,
      OrtSession.SessionOptions.OptLevel level)
      throws OrtException {
    options.setOptimizationLevel(level);
    options.addConfigEntry("session.intra_op.allow_spinning", "0");
    return environment.createSession(model.bytes(), options);
  }
}
