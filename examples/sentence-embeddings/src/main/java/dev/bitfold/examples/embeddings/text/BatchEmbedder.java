package dev.bitfold.examples.embeddings.text;

import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Embeds sentences with a model, in batches of similar length.
 *
 * @param tokenizer the model's tokenizer
 * @param model the forward pass of a float model or a quantized one
 */
public record BatchEmbedder(Tokenizer tokenizer, Function<Batch, INDArray> model)
    implements Embedder {
  /** Of a model. */
  public BatchEmbedder(Tokenizer tokenizer, MiniLm model) {
    this(tokenizer, model::forward);
  }

  /** How many sentences make a batch. */
  public static final int BATCH_SIZE = 32;

  /** Makes batches of sentences, longest first. */
  public static List<Batch> batches(Tokenizer tokenizer, List<String> sentences) {
    List<int[]> tokens = tokenizer.encode(sentences);
    return LengthBuckets.of(tokens, BATCH_SIZE).stream()
        .map(bucket -> Batch.of(bucket.stream().map(tokens::get).toList()))
        .toList();
  }

  @Override
  public float[][] embed(List<String> sentences, IntConsumer progress) {
    List<int[]> tokens = tokenizer.encode(sentences);
    float[][] embeddings = new float[sentences.size()][];
    for (List<Integer> bucket : LengthBuckets.of(tokens, BATCH_SIZE)) {
      INDArray rows = model.apply(Batch.of(bucket.stream().map(tokens::get).toList()));
      for (int i = 0; i < bucket.size(); i++) {
        embeddings[bucket.get(i)] = rows.getRow(i).toFloatVector();
      }
      progress.accept(bucket.size());
    }
    return embeddings;
  }
}
