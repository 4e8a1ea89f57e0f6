package dev.bitfold.processor.reader.layer;

import javax.lang.model.element.ExecutableElement;

/**
 * A layer's {@code backward}.
 *
 * @param method it
 * @param forward the method whose gradients it gives
 */
record DeclaredBackward(ExecutableElement method, ExecutableElement forward) {}
