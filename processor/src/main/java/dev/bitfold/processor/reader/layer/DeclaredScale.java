package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.lang.AnnotationUse;
import javax.lang.model.type.TypeMirror;

/**
 * Describes a parameter that takes the scale of a tensor's codes.
 *
 * @param parameter the name of the parameter
 * @param type the type of the parameter
 * @param ofForward whether it is a parameter of {@code forward} instead of the constructor
 * @param tensor the name of the tensor
 * @param use the annotation
 */
public record DeclaredScale(
    String parameter, TypeMirror type, boolean ofForward, String tensor, AnnotationUse use) {}
