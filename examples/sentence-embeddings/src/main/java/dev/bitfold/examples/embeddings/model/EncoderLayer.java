package dev.bitfold.examples.embeddings.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SkipQuantize;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One layer of a BERT encoder: attention and feed-forward network, each with a residual and a layer
 * norm behind it.
 *
 * @param attention the self-attention
 * @param attentionNorm normalises input plus attention
 * @param feedForward the network behind it
 * @param outputNorm normalises that plus the network's output
 */
@QuantizeModel
public record EncoderLayer(
    Attention attention,
    @SkipQuantize LayerNorm attentionNorm,
    FeedForward feedForward,
    @SkipQuantize LayerNorm outputNorm) {
  /**
   * Applies the layer.
   *
   * @param x [tokens, channels]
   * @param padding which tokens make a sentence
   * @return [tokens, channels], a new array
   */
  public INDArray forward(INDArray x, Padding padding) {
    try (MemoryWorkspace scratch = Scratch.LAYER.open()) {
      INDArray a = attentionNorm.forward(x.add(attention.forward(x, padding)));
      return Scratch.MODEL.keep(outputNorm.forward(a.add(feedForward.forward(a))));
    }
  }
}
