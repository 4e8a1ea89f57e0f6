package dev.bitfold.processor.model;

import java.util.List;
import java.util.Map;

/**
 * Describes the method whose tensors have hooks.
 *
 * @param method its signature
 * @param inputs the parameters that the hooks see
 * @param scales the inputs by the parameters that take their scales
 * @param hooksOutput whether it returns a tensor
 */
public record ForwardModel(
    MethodModel method, List<TensorModel> inputs, Map<String, String> scales, boolean hooksOutput) {
  /** Returns whether an input is quantized. */
  public boolean quantizesInputs() {
    return inputs.stream().anyMatch(input -> input.descriptor().isPresent());
  }

  /** Returns whether the hooks see a parameter. */
  public boolean isInput(String parameter) {
    return inputs.stream().anyMatch(input -> input.name().equals(parameter));
  }
}
