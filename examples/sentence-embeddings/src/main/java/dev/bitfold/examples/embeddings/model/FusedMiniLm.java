package dev.bitfold.examples.embeddings.model;

import dev.bitfold.annotations.QuantizeModel;
import java.util.List;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@link MiniLm} as it is deployed: the same function, with the three projections of each attention
 * in one product.
 *
 * @param embeddings tokens to vectors
 * @param encoder the layers, first to last
 * @param pooling the tokens' vectors to the sentence's
 */
@QuantizeModel
public record FusedMiniLm(Embeddings embeddings, List<FusedEncoderLayer> encoder, Pooling pooling) {
  /** The same model, with other embeddings. */
  public static FusedMiniLm of(MiniLm model, Embeddings embeddings) {
    return new FusedMiniLm(
        embeddings,
        model.encoder().stream()
            .map(
                layer ->
                    new FusedEncoderLayer(
                        FusedAttention.of(layer.attention()),
                        layer.attentionNorm(),
                        layer.feedForward(),
                        layer.outputNorm()))
            .toList(),
        model.pooling());
  }

  /** Embeds a batch: [n, channels], each row of length 1, in memory of its own. */
  public INDArray forward(Batch batch) {
    float[][] pooled;
    try (MemoryWorkspace scratch = Scratch.MODEL.open()) {
      Padding padding = new Padding(batch.lengths());
      INDArray x = embeddings.forward(batch);
      for (FusedEncoderLayer layer : encoder) {
        x = layer.forward(x, padding);
      }
      pooled = pooling.pool(Rows.copyOf(x), batch.lengths(), Math.toIntExact(x.size(-1)));
    }
    return Nd4j.createFromArray(pooled);
  }
}
