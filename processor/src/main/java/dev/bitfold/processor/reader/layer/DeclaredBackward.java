package dev.bitfold.processor.reader.layer;

import java.util.Optional;
import javax.lang.model.element.ExecutableElement;

/**
 * A method named {@code backward} that returns gradients.
 *
 * @param method it
 * @param forward the method whose gradients it gives; empty if it fits none
 */
public record DeclaredBackward(ExecutableElement method, Optional<ExecutableElement> forward) {}
