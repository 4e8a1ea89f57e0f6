package dev.bitfold.layers.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layers.Embedding;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An {@link Embedding}. */
@QuantizeModel
public record EmbeddingNet(Embedding table) {
  /** Looks it up. */
  public INDArray forward(INDArray indices) {
    return table.forward(indices);
  }
}
