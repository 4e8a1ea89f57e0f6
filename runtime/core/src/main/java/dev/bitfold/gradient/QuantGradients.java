package dev.bitfold.gradient;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradients at a quantizer.
 *
 * @param input of its input, float32 of the input's shape
 * @param parameters of its learned parameters by name, each of the parameter's shape; empty if it
 *     has none
 */
public record QuantGradients(INDArray input, Map<String, INDArray> parameters) {
  /** The map is copied. */
  public QuantGradients {
    parameters = Map.copyOf(parameters);
  }

  /**
   * The gradient of a learned parameter.
   *
   * @throws IllegalArgumentException if there is none of the name
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
