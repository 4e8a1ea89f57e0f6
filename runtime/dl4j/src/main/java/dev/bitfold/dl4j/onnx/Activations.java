package dev.bitfold.dl4j.onnx;

import dev.bitfold.dl4j.network.Place;
import dev.bitfold.onnx.graph.OnnxValue;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationTanH;

/** Activation functions as steps of an ONNX graph. */
final class Activations {
  private Activations() {}

  static OnnxValue of(Place place, IActivation activation, OnnxValue x) {
    if (activation instanceof ActivationIdentity) {
      return x;
    } else if (activation instanceof ActivationReLU) {
      return x.relu();
    } else if (activation instanceof ActivationLReLU leaky) {
      return x.leakyRelu(leaky.getAlpha());
    } else if (activation instanceof ActivationSigmoid) {
      return x.sigmoid();
    } else if (activation instanceof ActivationTanH) {
      return x.tanh();
    } else if (activation instanceof ActivationSoftmax) {
      return x.softmax(-1);
    }
    throw NetworkChain.bad(place, "its activation function " + activation);
  }
}
