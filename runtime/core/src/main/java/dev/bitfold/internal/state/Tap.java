package dev.bitfold.internal.state;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Sees, and may replace, what flows into and out of layers. Called by every thread that runs a
 * forward pass.
 */
public interface Tap {
  /** Sees nothing. */
  Tap NONE = new Tap() {};

  /** An input before it is scaled and quantized. */
  default INDArray input(TensorSite site, INDArray x) {
    return x;
  }

  /**
   * What a layer computed, before its own quantizer.
   *
   * @param site the layer's output
   */
  default INDArray output(TensorSite site, INDArray y) {
    return y;
  }
}
