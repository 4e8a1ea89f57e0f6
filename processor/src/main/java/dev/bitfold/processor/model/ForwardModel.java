package dev.bitfold.processor.model;

import java.util.List;

/**
 * Describes the method whose tensors have hooks.
 *
 * @param method its signature
 * @param inputs the parameters that the hooks see
 * @param hooksOutput whether it returns a tensor
 */
public record ForwardModel(MethodModel method, List<TensorModel> inputs, boolean hooksOutput) {
  /** Returns whether an input is quantized. */
  public boolean quantizesInputs() {
    return inputs.stream().anyMatch(input -> input.descriptor().isPresent());
  }

  /** Returns whether the hooks see a parameter. */
  public boolean isInput(String parameter) {
    return inputs.stream().anyMatch(input -> input.name().equals(parameter));
  }
}
