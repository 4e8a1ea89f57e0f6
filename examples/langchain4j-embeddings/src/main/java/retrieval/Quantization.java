package retrieval;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.bitfold.Quantized;
import dev.bitfold.onnx.model.OnnxModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Quantizes a sentence encoder that takes token ids, a mask and segment ids. */
final class Quantization {
  private static final int SENTENCES = 64;

  private Quantization() {}

  /**
   * Writes the int8 file, and returns how far it is from the float one.
   *
   * @param sentences what the encoder will embed looks like them
   */
  static String run(Path onnx, Path tokenizer, List<String> sentences, Path out)
      throws IOException {
    try (OnnxModel model = OnnxModel.open(onnx)) {
      Quantized<OnnxModel> int8 =
          model
              .plan()
              .calibrate(batches(tokenizer, sentences), OnnxModel::forward)
              .smoothQuant()
              .correctBiases()
              .freeze();
      OnnxModel.export(int8, out);
      return int8.summary().totals();
    }
  }

  private static List<Map<String, INDArray>> batches(Path tokenizer, List<String> sentences)
      throws IOException {
    List<Map<String, INDArray>> batches = new ArrayList<>();
    try (HuggingFaceTokenizer tokens =
        HuggingFaceTokenizer.newInstance(tokenizer, Map.of("padding", "false"))) {
      int step = Math.max(1, sentences.size() / SENTENCES);
      for (int i = 0; i < sentences.size(); i += step) {
        long[] ids = tokens.encode(sentences.get(i)).getIds();
        batches.add(
            Map.of(
                "input_ids", Nd4j.createFromArray(new long[][] {ids}),
                "attention_mask", Nd4j.createFromArray(filled(ids.length, 1)),
                "token_type_ids", Nd4j.createFromArray(filled(ids.length, 0))));
      }
    }
    return batches;
  }

  /** One row of equal numbers. */
  private static long[][] filled(int length, long value) {
    long[] row = new long[length];
    Arrays.fill(row, value);
    return new long[][] {row};
  }
}
