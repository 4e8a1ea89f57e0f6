package dev.bitfold.examples.embeddings.model;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * {@link Attention} whose three projections are one product. They read one tensor, which is then
 * smoothed and quantized once.
 *
 * @param projections channels to queries, keys and values, one after the other
 * @param output channels to channels, applied to the joined heads
 * @param heads how many heads share the channels
 */
@QuantizeModel
public record FusedAttention(Linear projections, Linear output, int heads) {
  /** Joins the projections of an attention. */
  static FusedAttention of(Attention attention) {
    Linear q = attention.query();
    Linear k = attention.key();
    Linear v = attention.value();
    Linear joined =
        new Linear(
            Nd4j.concat(1, q.weight(), k.weight(), v.weight()),
            Nd4j.concat(0, q.bias(), k.bias(), v.bias()));
    return new FusedAttention(joined, attention.output(), attention.heads());
  }

  /**
   * Lets every token look at every other of its sentence.
   *
   * @param x [tokens, channels]
   * @param padding which tokens make a sentence
   * @return [tokens, channels], a new array
   */
  public INDArray forward(INDArray x, Padding padding) {
    INDArray all = projections.forward(x);
    long channels = all.size(1) / 3;
    INDArray context =
        Attention.context(
            part(all, 0, channels, padding),
            part(all, 1, channels, padding),
            part(all, 2, channels, padding),
            heads,
            padding.mask());
    return output.forward(padding.unpad(context));
  }

  private static INDArray part(INDArray all, int index, long channels, Padding padding) {
    INDArray columns =
        all.get(
            NDArrayIndex.all(), NDArrayIndex.interval(index * channels, (index + 1) * channels));
    return padding.pad(columns.dup('c'));
  }
}
