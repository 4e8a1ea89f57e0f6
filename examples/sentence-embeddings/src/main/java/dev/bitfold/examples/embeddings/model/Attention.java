package dev.bitfold.examples.embeddings.model;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Multi-head self-attention.
 *
 * @param query channels to channels
 * @param key channels to channels
 * @param value channels to channels
 * @param output channels to channels, applied to the joined heads
 * @param heads how many heads share the channels
 */
@QuantizeModel
public record Attention(Linear query, Linear key, Linear value, Linear output, int heads) {
  /**
   * Lets every token look at every other of its sentence.
   *
   * @param x [tokens, channels]
   * @param padding which tokens make a sentence
   * @return [tokens, channels], a new array
   */
  public INDArray forward(INDArray x, Padding padding) {
    INDArray q = padding.pad(query.forward(x));
    INDArray k = padding.pad(key.forward(x));
    INDArray v = padding.pad(value.forward(x));
    return output.forward(padding.unpad(context(q, k, v, heads, padding.mask())));
  }

  /** Scaled dot-product attention of [n, t, channels] each. */
  static INDArray context(
      INDArray queries, INDArray keys, INDArray values, int heads, INDArray mask) {
    INDArray q = split(queries, heads);
    INDArray k = split(keys, heads);
    INDArray v = split(values, heads);
    INDArray scores = Nd4j.matmul(q, k, false, true, false);
    scores.muli(1 / Math.sqrt(q.size(-1))).addi(mask);
    return join(Nd4j.matmul(softmax(scores), v));
  }

  /** From [n, t, channels] to [n, heads, t, channels / heads], a view. */
  private static INDArray split(INDArray x, int heads) {
    return x.reshape(x.size(0), x.size(1), heads, x.size(2) / heads).permute(0, 2, 1, 3);
  }

  /** From [n, heads, t, channels / heads] to [n, t, channels]. */
  private static INDArray join(INDArray x) {
    return x.permute(0, 2, 1, 3).reshape(x.size(0), x.size(2), x.size(1) * x.size(3));
  }

  private static INDArray softmax(INDArray scores) {
    return Nd4j.exec(
        DynamicCustomOp.builder("softmax").addInputs(scores).addIntegerArguments(-1).build())[0];
  }
}
