package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.lang.Language;
import java.util.List;
import javax.lang.model.element.ExecutableElement;

/**
 * Describes a method named {@code forward}.
 *
 * @param method the method
 * @param inputs its parameters that are marked as inputs
 * @param hooked whether any parameter is marked, even one that is not a tensor
 */
public record DeclaredForward(
    ExecutableElement method, List<DeclaredTensor> inputs, boolean hooked) {
  /** Returns whether it returns a tensor. */
  public boolean returnsTensor() {
    return Language.isTensor(method.getReturnType()) || Language.isVariable(method.getReturnType());
  }
}
