package cluster;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.bitfold.Plan;
import dev.bitfold.onnx.model.OnnxModel;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Holds the model and the tokenizer of a JVM. */
final class Encoder {
  static final String FILE = "/all-minilm-l6-v2.onnx";

  private Encoder() {}

  /** Returns the plan of the model; each JVM of the cluster makes its own. */
  static Plan<OnnxModel> plan() throws IOException {
    // One thread, because Spark runs a task on each core.
    return OnnxModel.from(Encoder.class, FILE).threads(1).open().plan();
  }

  /** Made when it is first used. */
  private static final class Tokenizer {
    static final HuggingFaceTokenizer ONE = open();

    private static HuggingFaceTokenizer open() {
      try (InputStream json =
          Objects.requireNonNull(
              Encoder.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json"))) {
        return HuggingFaceTokenizer.newInstance(
            json, Map.of("padding", "false", "truncation", "true", "maxLength", "128"));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Returns the tokens of a sentence. */
  static long[] tokens(String sentence) {
    return Tokenizer.ONE.encode(sentence).getIds();
  }

  /** Returns a batch of one sentence, which therefore does not depend on the partitions. */
  static Map<String, INDArray> batch(String sentence) {
    long[] ids = tokens(sentence);
    Map<String, INDArray> feed = new HashMap<>();
    feed.put("input_ids", Nd4j.createFromArray(new long[][] {ids}));
    feed.put("attention_mask", Nd4j.createFromArray(filled(ids.length, 1)));
    feed.put("token_type_ids", Nd4j.createFromArray(filled(ids.length, 0)));
    return feed;
  }

  /** Returns one row of equal numbers. */
  static long[][] filled(int length, long value) {
    long[] row = new long[length];
    Arrays.fill(row, value);
    return new long[][] {row};
  }
}
