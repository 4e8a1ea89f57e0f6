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
 * @param tree javac's tree, of what is no element. Not by its own type: other compilers may run
 *     without that
 */
public record Place(
    Element element,
    @Nullable AnnotationMirror mirror,
    @Nullable AnnotationValue value,
    @Nullable Object tree) {
  /** An annotation on an element, or a value in it. */
  public Place(
      Element element, @Nullable AnnotationMirror mirror, @Nullable AnnotationValue value) {
    this(element, mirror, value, null);
  }

  /** A place in a class's source that is no element. */
  public static Place inside(Element around, Object tree) {
    return new Place(around, null, null, tree);
  }

  /** An element. */
  public static Place at(Element element) {
    return new Place(element, null, null);
  }
}
