package dev.bitfold.dl4j.layer;

import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Quantizes a layer's input behind its own preprocessor, and passes its gradient straight on. */
@SuppressWarnings("serial") // It is part of a network that trains, which is not saved.
final class TrainedInput extends PreparedInput {
  private final UnaryOperator<INDArray> quantizer;

  TrainedInput(UnaryOperator<INDArray> quantizer, @Nullable InputPreProcessor own) {
    super(own);
    this.quantizer = quantizer;
  }

  @Override
  INDArray changed(INDArray x) {
    return quantizer.apply(x);
  }
}
