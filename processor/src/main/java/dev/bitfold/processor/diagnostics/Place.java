package dev.bitfold.processor.diagnostics;

import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.Element;
import org.jspecify.annotations.Nullable;

/**
 * Where a problem is.
 *
 * @param element the annotated or offending element
 * @param mirror the annotation on it, if the problem is in one
 * @param value the value in the annotation, if one is written
 */
public record Place(
    Element element, @Nullable AnnotationMirror mirror, @Nullable AnnotationValue value) {
  /** An element. */
  public static Place at(Element element) {
    return new Place(element, null, null);
  }
}
