package dev.bitfold.gradient;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the gradients of a quantizer.
 *
 * @param input the gradient of the input, as float32 in the input's shape
 * @param parameters the gradients of the learned parameters by name, each in the parameter's shape;
 *     empty if there are none
 */
public record QuantGradients(INDArray input, Map<String, INDArray> parameters) {
  /** Copies the map. */
  public QuantGradients {
    parameters = Map.copyOf(parameters);
  }

  /**
   * Returns the gradient of a learned parameter.
   *
   * @throws IllegalArgumentException if there is no gradient of that name
   */
  public INDArray parameter(String name) {
    INDArray gradient = parameters.get(name);
    if (gradient == null) {
      throw new IllegalArgumentException(
          "no gradient of a parameter " + name + "; there are " + parameters.keySet());
    }
    return gradient;
  }
}
