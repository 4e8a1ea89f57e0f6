package dev.bitfold.dl4j.layer;

import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A preprocessor that changes a layer's input behind the layer's own preprocessor. */
@SuppressWarnings("serial") // It is part of a network that is not saved.
abstract class PreparedInput implements InputPreProcessor {
  private final @Nullable InputPreProcessor own;

  PreparedInput(@Nullable InputPreProcessor own) {
    this.own = own;
  }

  /** Returns the layer's own preprocessor; null if it has none. */
  public final @Nullable InputPreProcessor own() {
    return own;
  }

  /** Returns what the layer gets of an input. */
  abstract INDArray changed(INDArray x);

  @Override
  public final INDArray preProcess(
      INDArray input, int miniBatchSize, LayerWorkspaceMgr workspaces) {
    INDArray x = own == null ? input : own.preProcess(input, miniBatchSize, workspaces);
    return workspaces.leverageTo(ArrayType.ACTIVATIONS, changed(x));
  }

  /** Passes the gradient straight on. */
  @Override
  public INDArray backprop(INDArray output, int miniBatchSize, LayerWorkspaceMgr workspaces) {
    return own == null ? output : own.backprop(output, miniBatchSize, workspaces);
  }

  @Override
  public final PreparedInput clone() {
    return this;
  }

  @Override
  public final InputType getOutputType(InputType inputType) {
    return own == null ? inputType : own.getOutputType(inputType);
  }

  @Override
  public final Pair<INDArray, MaskState> feedForwardMaskArray(
      INDArray maskArray, MaskState currentMaskState, int minibatchSize) {
    return own == null
        ? new Pair<>(maskArray, currentMaskState)
        : own.feedForwardMaskArray(maskArray, currentMaskState, minibatchSize);
  }
}
