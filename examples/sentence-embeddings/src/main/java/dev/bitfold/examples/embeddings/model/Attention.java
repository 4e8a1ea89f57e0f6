package dev.bitfold.examples.embeddings.model;

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
public record Attention(Linear query, Linear key, Linear value, Linear output, int heads) {
  /**
   * Lets every token look at every other.
   *
   * @param x [n, t, channels]
   * @param mask [n, 1, 1, t], added to the scores: 0 for a token, a huge negative for padding
   * @return [n, t, channels], a new array
   */
  public INDArray forward(INDArray x, INDArray mask) {
    INDArray q = split(query.forward(x));
    INDArray k = split(key.forward(x));
    INDArray v = split(value.forward(x));
    INDArray scores = Nd4j.matmul(q, k, false, true, false);
    scores.muli(1 / Math.sqrt(q.size(-1))).addi(mask);
    INDArray context = Nd4j.matmul(softmax(scores), v);
    return output.forward(context.permute(0, 2, 1, 3).reshape(x.shape()));
  }

  /** From [n, t, channels] to [n, heads, t, channels / heads], a view. */
  private INDArray split(INDArray x) {
    return x.reshape(x.size(0), x.size(1), heads, x.size(2) / heads).permute(0, 2, 1, 3);
  }

  private static INDArray softmax(INDArray scores) {
    return Nd4j.exec(
        DynamicCustomOp.builder("softmax").addInputs(scores).addIntegerArguments(-1).build())[0];
  }
}
