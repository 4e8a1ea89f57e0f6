package dev.bitfold.examples.embeddings.deploy;

import dev.bitfold.Quantized;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.text.LengthBuckets;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.onnx.model.OnnxModelBuilder;
import dev.bitfold.onnx.model.data.FeedInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The same file, quantized without a Java model: its nodes are the layers. */
public final class OnnxDirect {
  /** The file that is written. */
  public static final String FILE = "minilm-int8-direct.onnx";

  private static final int BATCH_SIZE = 32;

  private OnnxDirect() {}

  /** Quantizes a file, and returns the one that was written. */
  public static InputFile quantize(
      InputFile original, Tokenizer tokenizer, List<String> sentences, Path out)
      throws IOException {
    OnnxModelBuilder builder = OnnxModel.from(original.bytes());
    try (OnnxModel model = builder.open()) {
      List<Map<String, INDArray>> batches = batches(model.inputs(), tokenizer.encode(sentences));
      Quantized<OnnxModel> int8 =
          model
              .plan()
              .calibrate(batches, OnnxModel::forward)
              .smoothQuant()
              .correctBiases()
              .freeze();
      OnnxModel.export(int8, out);
    }
    return InputFile.of(out);
  }

  /** Sentences of one length make a batch, so that no padding is calibrated on. */
  static List<Map<String, INDArray>> batches(List<FeedInput> inputs, List<int[]> sentences) {
    Map<Integer, List<int[]>> byLength = new LinkedHashMap<>();
    for (List<Integer> bucket : LengthBuckets.of(sentences, sentences.size())) {
      for (int sentence : bucket) {
        int[] tokens = sentences.get(sentence);
        byLength.computeIfAbsent(tokens.length, n -> new ArrayList<>()).add(tokens);
      }
    }
    List<Map<String, INDArray>> batches = new ArrayList<>();
    byLength.forEach(
        (length, all) -> {
          for (int from = 0; from < all.size(); from += BATCH_SIZE) {
            List<int[]> some = all.subList(from, Math.min(from + BATCH_SIZE, all.size()));
            batches.add(feed(inputs, some, length));
          }
        });
    return batches;
  }

  private static Map<String, INDArray> feed(
      List<FeedInput> inputs, List<int[]> sentences, int length) {
    Map<String, INDArray> feed = new LinkedHashMap<>();
    for (FeedInput input : inputs) {
      INDArray array =
          switch (input.name()) {
            case "input_ids" ->
                Nd4j.createFromArray(sentences.toArray(int[][]::new)).castTo(DataType.INT64);
            case "attention_mask" -> Nd4j.ones(DataType.INT64, sentences.size(), length);
            default -> Nd4j.zeros(DataType.INT64, sentences.size(), length);
          };
      feed.put(input.name(), array);
    }
    return feed;
  }
}
