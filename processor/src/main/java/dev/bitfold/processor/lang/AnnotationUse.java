package dev.bitfold.processor.lang;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.TypeKind;

/**
 * Describes the use of an annotation on an element.
 *
 * @param element the annotated element
 * @param mirror the annotation
 */
public record AnnotationUse(Element element, AnnotationMirror mirror) {
  /** Returns all annotations of an element. Repeated ones are separate. */
  public static List<AnnotationUse> on(Element element) {
    if (element.getAnnotationMirrors().isEmpty()) {
      return List.of();
    }
    List<AnnotationUse> uses = new ArrayList<>();
    for (AnnotationMirror mirror : element.getAnnotationMirrors()) {
      AnnotationUse use = new AnnotationUse(element, mirror);
      if (use.is(BitfoldNames.QUANTIZE_LIST) || use.is(BitfoldNames.NODES_LIST)) {
        use.value("value").ifPresent(v -> repeated(element, v, uses));
      } else {
        uses.add(use);
      }
    }
    return uses;
  }

  private static void repeated(Element element, AnnotationValue value, List<AnnotationUse> uses) {
    for (AnnotationValue one : AnnotationValues.list(value)) {
      if (one.getValue() instanceof AnnotationMirror mirror) {
        uses.add(new AnnotationUse(element, mirror));
      }
    }
  }

  /** Returns the annotation of a type on an element. */
  public static Optional<AnnotationUse> find(Element element, ClassName annotation) {
    return all(element, annotation).stream().findFirst();
  }

  /** Returns the annotations of a type on an element. */
  public static List<AnnotationUse> all(Element element, ClassName annotation) {
    return on(element).stream().filter(use -> use.is(annotation)).toList();
  }

  /** Returns whether the annotation is of this type. */
  public boolean is(ClassName annotation) {
    return type().getQualifiedName().contentEquals(annotation.canonicalName());
  }

  /** Returns whether the annotation's type does not exist, or does not exist yet. */
  public boolean isUnresolved() {
    return mirror.getAnnotationType().getKind() == TypeKind.ERROR;
  }

  /** Returns the annotation's type. */
  public TypeElement type() {
    return (TypeElement) mirror.getAnnotationType().asElement();
  }

  /** Returns whether another annotation has the same type and equal values. */
  public boolean says(AnnotationUse other) {
    return type().equals(other.type())
        && Set.copyOf(AnnotationText.each(mirror))
            .equals(Set.copyOf(AnnotationText.each(other.mirror)));
  }

  /** Returns {@code @Name}. */
  public String label() {
    return "@" + type().getSimpleName();
  }

  /** Returns the value that is written for an element; empty if the element has its default. */
  public Optional<AnnotationValue> value(String name) {
    for (var entry : mirror.getElementValues().entrySet()) {
      ExecutableElement key = entry.getKey();
      if (key.getSimpleName().contentEquals(name)) {
        return Optional.of(entry.getValue());
      }
    }
    return Optional.empty();
  }

  /** Returns the text that is written for an element; empty text if there is none. */
  public String text(String name) {
    return value(name).map(AnnotationValues::text).orElse("");
  }

  /** Returns the place of the annotation. */
  public Place place() {
    return new Place(element, mirror, null);
  }

  /**
   * Returns the place of the value that is written for an element; that of the annotation if there
   * is none.
   */
  public Place place(String name) {
    return new Place(element, mirror, value(name).orElse(null));
  }
}
