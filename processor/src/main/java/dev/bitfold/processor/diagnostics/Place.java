package dev.bitfold.processor.diagnostics;

import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.Element;
import org.jspecify.annotations.Nullable;

/**
 * Describes the place of a problem.
 *
 * @param element the annotated or offending element
 * @param mirror the annotation on it, if the problem is in one
 * @param value the value in the annotation, if one is written
 * @param tree javac's tree of code that is not an element. Its type is not named, because other
 *     compilers may not have it
 */
public record Place(
    Element element,
    @Nullable AnnotationMirror mirror,
    @Nullable AnnotationValue value,
    @Nullable Object tree) {
  /** Makes the place of an annotation on an element, or of a value in it. */
  public Place(
      Element element, @Nullable AnnotationMirror mirror, @Nullable AnnotationValue value) {
    this(element, mirror, value, null);
  }

  /** Returns a place in a class's source that is not an element. */
  public static Place inside(Element around, Object tree) {
    return new Place(around, null, null, tree);
  }

  /** Returns the place of an element. */
  public static Place at(Element element) {
    return new Place(element, null, null);
  }
}
