package quantize;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.OnnxQdq.Exported;
import dev.bitfold.onnx.model.OnnxModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Quantizes an ONNX file to int8, and tells how far the new file is from the old one. */
public final class Main {
  private static final Path TARGET = Path.of("target");

  private Main() {}

  public static void main(String[] args) throws IOException {
    Path file = TARGET.resolve("encoder.onnx");
    try (InputStream onnx = resource("/all-minilm-l6-v2.onnx")) {
      Files.write(file, onnx.readAllBytes());
    }
    List<Map<String, INDArray>> sentences = sentences();
    int half = sentences.size() / 2;
    List<Map<String, INDArray>> calibration = sentences.subList(0, half);
    List<Map<String, INDArray>> test = sentences.subList(half, sentences.size());

    try (OnnxModel model = OnnxModel.open(file)) {
      System.out.println(model.layers().size() + " layers; left float:");
      model.left().forEach(System.out::println);
      Calibration<OnnxModel> calibrated =
          model.plan().calibrate(calibration, OnnxModel::forward).smoothQuant().correctBiases();
      Quantized<OnnxModel> int8 = calibrated.freeze();
      Path out = TARGET.resolve("encoder-int8.onnx");
      Exported written = OnnxModel.export(int8, out);

      System.out.println(int8.summary().totals());
      System.out.println("on other sentences: " + int8.compare(model, test, OnnxModel::forward));
      System.out.println("proof: " + written.proof());
      System.out.printf("%s: %d bytes of %d%n", out, written.bytes(), Files.size(file));
    }
  }

  /** A batch for each sentence: the arrays that the model takes, by the names of its inputs. */
  private static List<Map<String, INDArray>> sentences() throws IOException {
    try (InputStream json = resource("/all-minilm-l6-v2-tokenizer.json");
        HuggingFaceTokenizer tokenizer =
            HuggingFaceTokenizer.newInstance(json, Map.of("padding", "false"));
        InputStream text = resource("/sentences.txt")) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> tokenizer.encode(line).getIds())
          .map(
              ids ->
                  Map.of(
                      "input_ids", Nd4j.createFromArray(new long[][] {ids}),
                      "attention_mask", Nd4j.createFromArray(filled(ids.length, 1)),
                      "token_type_ids", Nd4j.createFromArray(filled(ids.length, 0))))
          .toList();
    }
  }

  /** One row of equal numbers. */
  private static long[][] filled(int length, long value) {
    long[] row = new long[length];
    Arrays.fill(row, value);
    return new long[][] {row};
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(Main.class.getResourceAsStream(name), name);
  }
}
