package dev.bitfold.layer;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a layer's {@code backward(x, gradOutput)} returns: the gradients of a scalar loss, of which
 * {@code gradOutput} is the gradient by the layer's output. Immutable, as long as the arrays are
 * not written to.
 *
 * @param input by the layer's input, of its shape; zeros where the input is an index
 * @param parameters by the weights and biases, each of its tensor's shape, under the tensor's name
 *     ({@code weight}, {@code bias}); a bias that the layer does not have is absent
 */
public record Gradients(INDArray input, Map<String, INDArray> parameters) {
  /** Copies the map. */
  public Gradients {
    parameters = Map.copyOf(parameters);
  }

  /**
   * The gradient by one weight or bias.
   *
   * @throws IllegalArgumentException if the layer has no such tensor
   */
  public INDArray parameter(String name) {
    INDArray gradient = parameters.get(name);
    if (gradient == null) {
      throw new IllegalArgumentException(
          "no gradient of "
              + name
              + ": there are "
              + parameters.keySet().stream().sorted().toList());
    }
    return gradient;
  }
}
