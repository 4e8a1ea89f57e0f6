package dev.bitfold.processor.reader.layer;

import java.util.Optional;
import javax.lang.model.element.ExecutableElement;

/**
 * Describes a method named {@code backward} that returns gradients, or is most likely meant to.
 *
 * @param method the method
 * @param forward the method whose gradients it computes; empty if it fits none
 */
public record DeclaredBackward(ExecutableElement method, Optional<ExecutableElement> forward) {}
