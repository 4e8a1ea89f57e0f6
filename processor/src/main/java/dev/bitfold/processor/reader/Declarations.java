package dev.bitfold.processor.reader;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;

/**
 * Lists the places where one component of a class is declared and can be annotated: a record
 * component or field, an accessor, a constructor parameter.
 *
 * @param elements the places, starting with the most natural one
 */
public record Declarations(List<Element> elements) {
  /** Copies the list. */
  public Declarations {
    elements = List.copyOf(elements);
  }

  /** Returns the places, each after its stand-in if the class has a mix-in. */
  public static Declarations of(Language language, List<Element> elements) {
    Set<Element> places = new LinkedHashSet<>();
    elements.forEach(element -> places.add(language.annotated(element)));
    places.addAll(elements);
    return new Declarations(List.copyOf(places));
  }

  /** Returns the most natural place. */
  public Element first() {
    return elements.get(0);
  }

  /** Returns the first annotation of a type. */
  public Optional<AnnotationUse> annotation(ClassName type) {
    return annotations(type).stream().findFirst();
  }

  /** Returns the annotations of a type in all places. */
  public List<AnnotationUse> annotations(ClassName type) {
    return elements.stream()
        .flatMap(element -> AnnotationUse.find(element, type).stream())
        .toList();
  }
}
