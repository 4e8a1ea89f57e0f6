package dev.bitfold.processor.validation.place;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;

/** Finds annotations for components on members that are not components. */
public final class StrayAnnotations {
  private static final List<ClassName> OF_COMPONENTS =
      List.of(BitfoldNames.SKIP_QUANTIZE, BitfoldNames.IMPLEMENTATIONS, BitfoldNames.SMOOTH_INTO);

  private StrayAnnotations() {}

  /**
   * Reports these annotations.
   *
   * @param read the members and parameters that were read as declarations of components
   * @param why the reason why no other member is a component
   */
  public static void check(TypeElement type, Set<Element> read, String why, Problems problems) {
    for (Element place : places(type)) {
      if (read.contains(place)) {
        continue;
      }
      for (ClassName annotation : OF_COMPONENTS) {
        AnnotationUse.find(place, annotation)
            .ifPresent(use -> stray(type, place, use, why, problems));
      }
    }
  }

  private static void stray(
      TypeElement type, Element place, AnnotationUse use, String why, Problems problems) {
    Optional<AnnotationUse> ofComponent = ofRecordComponent(type, place, use);
    if (ofComponent.isEmpty() || !ofComponent.get().says(use)) {
      problems.add(
          ProblemId.COMPONENT_ANNOTATION_UNUSED,
          use.place(),
          use.label(),
          place.getSimpleName(),
          ofComponent.isEmpty() ? why : "the record component itself has another one");
    }
  }

  private static List<Element> places(TypeElement type) {
    List<Element> places = new ArrayList<>();
    for (Element member : type.getEnclosedElements()) {
      if (!(member instanceof TypeElement)) {
        places.add(member);
      }
      if (member instanceof ExecutableElement method) {
        places.addAll(method.getParameters());
      }
    }
    return places;
  }

  /**
   * Returns the annotation of the record component that compilers copy to its field, accessor and
   * parameter.
   */
  private static Optional<AnnotationUse> ofRecordComponent(
      TypeElement type, Element place, AnnotationUse use) {
    return place.getKind() == ElementKind.RECORD_COMPONENT
        ? Optional.empty()
        : type.getRecordComponents().stream()
            .filter(component -> component.getSimpleName().equals(place.getSimpleName()))
            .flatMap(component -> AnnotationUse.on(component).stream())
            .filter(of -> of.type().equals(use.type()))
            .findFirst();
  }
}
