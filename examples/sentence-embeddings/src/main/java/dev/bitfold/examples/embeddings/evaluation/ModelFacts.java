package dev.bitfold.examples.embeddings.evaluation;

import dev.bitfold.diagnosis.Summary;
import dev.bitfold.examples.embeddings.model.Attention;
import dev.bitfold.examples.embeddings.model.Embeddings;
import dev.bitfold.examples.embeddings.model.EncoderLayer;
import dev.bitfold.examples.embeddings.model.FeedForward;
import dev.bitfold.examples.embeddings.model.LayerNorm;
import dev.bitfold.examples.embeddings.model.Linear;
import dev.bitfold.examples.embeddings.model.MiniLm;
import java.util.ArrayList;
import java.util.List;

/**
 * The sizes of a model.
 *
 * @param file where it was read from
 * @param layers encoder layers
 * @param heads attention heads of a layer
 * @param hidden channels of a token's vector and of an embedding
 * @param vocabulary different tokens
 * @param linears fully connected layers
 * @param parameters all numbers that were trained
 */
public record ModelFacts(
    String file, int layers, int heads, long hidden, int vocabulary, int linears, long parameters) {
  /** Counts a model. */
  public static ModelFacts of(String file, MiniLm model) {
    Embeddings embeddings = model.embeddings();
    List<Linear> linears = new ArrayList<>();
    long parameters =
        embeddings.words().length()
            + embeddings.positions().length()
            + embeddings.segment().length()
            + count(embeddings.norm());
    for (EncoderLayer layer : model.encoder()) {
      Attention attention = layer.attention();
      FeedForward feedForward = layer.feedForward();
      linears.addAll(
          List.of(
              attention.query(),
              attention.key(),
              attention.value(),
              attention.output(),
              feedForward.fc1(),
              feedForward.fc2()));
      parameters += count(layer.attentionNorm()) + count(layer.outputNorm());
    }
    for (Linear linear : linears) {
      parameters += linear.weight().length() + linear.bias().length();
    }
    return new ModelFacts(
        file,
        model.encoder().size(),
        model.encoder().get(0).attention().heads(),
        embeddings.words().size(1),
        embeddings.vocabulary(),
        linears.size(),
        parameters);
  }

  /** Bytes of all weights in float32. */
  public long floatBytes() {
    return parameters * Float.BYTES;
  }

  /** Bytes of all weights in a quantized model: packed where quantized, float32 elsewhere. */
  public long bytes(Summary summary) {
    return floatBytes() - summary.floatBytes() + summary.weightBytes();
  }

  private static long count(LayerNorm norm) {
    return norm.weight().length() + norm.bias().length();
  }
}
