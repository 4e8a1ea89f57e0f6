package dev.bitfold.internal.state;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Observes the inputs and outputs of layers, and may replace them. It is called by every thread
 * that runs a forward pass.
 */
public interface Tap {
  /** Does nothing. */
  Tap NONE = new Tap() {};

  /** Returns an input before it is scaled and quantized. */
  default INDArray input(TensorSite site, INDArray x) {
    return x;
  }

  /**
   * Returns the output of a layer before its quantizer.
   *
   * @param site the layer's output
   */
  default INDArray output(TensorSite site, INDArray y) {
    return y;
  }
}
