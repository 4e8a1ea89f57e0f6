package dev.bitfold.dl4j.layer;

import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Quantizes a layer's input behind its own preprocessor, and passes its gradient straight on. */
@SuppressWarnings("serial") // It is part of a network that trains, which is not saved.
final class TrainedInput implements InputPreProcessor {
  private final UnaryOperator<INDArray> quantizer;
  private final @Nullable InputPreProcessor own;

  TrainedInput(UnaryOperator<INDArray> quantizer, @Nullable InputPreProcessor own) {
    this.quantizer = quantizer;
    this.own = own;
  }

  @Nullable InputPreProcessor own() {
    return own;
  }

  @Override
  public INDArray preProcess(INDArray input, int miniBatchSize, LayerWorkspaceMgr workspaces) {
    INDArray x = own == null ? input : own.preProcess(input, miniBatchSize, workspaces);
    return workspaces.leverageTo(ArrayType.ACTIVATIONS, quantizer.apply(x));
  }

  @Override
  public INDArray backprop(INDArray output, int miniBatchSize, LayerWorkspaceMgr workspaces) {
    return own == null ? output : own.backprop(output, miniBatchSize, workspaces);
  }

  @Override
  public TrainedInput clone() {
    return this;
  }

  @Override
  public InputType getOutputType(InputType inputType) {
    return own == null ? inputType : own.getOutputType(inputType);
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      INDArray maskArray, MaskState currentMaskState, int minibatchSize) {
    return own == null
        ? new Pair<>(maskArray, currentMaskState)
        : own.feedForwardMaskArray(maskArray, currentMaskState, minibatchSize);
  }
}
