package dev.bitfold.examples.embeddings.model;

import dev.bitfold.annotations.QuantizeModel;
import java.util.List;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A BERT-family sentence encoder such as all-MiniLM-L6-v2. It holds no state beyond its weights:
 * any number of threads may call {@link #forward} at once, and each gets the same bits.
 *
 * @param embeddings tokens to vectors
 * @param encoder the layers, first to last
 * @param pooling the tokens' vectors to the sentence's
 */
@QuantizeModel
public record MiniLm(Embeddings embeddings, List<EncoderLayer> encoder, Pooling pooling) {
  /** Embeds a batch: [n, channels], each row of length 1, in memory of its own. */
  public INDArray forward(Batch batch) {
    float[][] pooled;
    try (MemoryWorkspace scratch = Scratch.MODEL.open()) {
      Padding padding = new Padding(batch.lengths());
      INDArray x = embeddings.forward(batch);
      for (EncoderLayer layer : encoder) {
        x = layer.forward(x, padding);
      }
      pooled = pooling.pool(Rows.copyOf(x), batch.lengths(), Math.toIntExact(x.size(-1)));
    }
    return Nd4j.createFromArray(pooled);
  }
}
