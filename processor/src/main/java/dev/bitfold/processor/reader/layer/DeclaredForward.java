package dev.bitfold.processor.reader.layer;

import java.util.List;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;

/**
 * The method that hooks go around.
 *
 * @param method it
 * @param inputs its hooked parameters
 */
record DeclaredForward(ExecutableElement method, List<DeclaredTensor> inputs) {
  static List<DeclaredTensor> inputs(Optional<DeclaredForward> forward) {
    return forward.map(DeclaredForward::inputs).orElse(List.of());
  }
}
