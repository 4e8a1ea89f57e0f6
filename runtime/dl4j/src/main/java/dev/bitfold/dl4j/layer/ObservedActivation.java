package dev.bitfold.dl4j.layer;

import dev.bitfold.layer.ArrayHooks;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An activation function that passes what a layer gives it through the hooks of its output. */
@SuppressWarnings("serial") // A network with hooks is not saved: see HookedInput.
final class ObservedActivation implements IActivation {
  private final IActivation activation;
  private final ArrayHooks hooks;

  private ObservedActivation(IActivation activation, ArrayHooks hooks) {
    this.activation = activation;
    this.hooks = hooks;
  }

  /** Returns an activation function with hooks in place of those that it may have. */
  static ObservedActivation of(IActivation activation, ArrayHooks hooks) {
    return new ObservedActivation(
        activation instanceof ObservedActivation other ? other.activation : activation, hooks);
  }

  @Override
  public INDArray getActivation(INDArray in, boolean training) {
    return activation.getActivation(hooks.output(in), training);
  }

  @Override
  public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
    return activation.backprop(in, epsilon);
  }

  @Override
  public int numParams(int inputSize) {
    return activation.numParams(inputSize);
  }

  @Override
  public String toString() {
    return activation.toString();
  }
}
