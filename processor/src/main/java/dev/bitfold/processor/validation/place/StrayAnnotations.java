package dev.bitfold.processor.validation.place;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;

/** Finds annotations of components where there is no component. */
public final class StrayAnnotations {
  private static final List<ClassName> OF_COMPONENTS =
      List.of(BitfoldNames.SKIP_QUANTIZE, BitfoldNames.IMPLEMENTATIONS, BitfoldNames.SMOOTH_INTO);

  private StrayAnnotations() {}

  /**
   * Reports them.
   *
   * @param read the members and parameters that were read as a component's declaration
   * @param why no other is a component
   */
  public static void check(TypeElement type, Set<Element> read, String why, Problems problems) {
    for (Element place : places(type)) {
      if (read.contains(place)) {
        continue;
      }
      for (ClassName annotation : OF_COMPONENTS) {
        AnnotationUse.find(place, annotation)
            .filter(use -> !isOfRecordComponent(type, place, annotation))
            .ifPresent(
                use ->
                    problems.add(
                        ProblemId.COMPONENT_ANNOTATION_UNUSED,
                        use.place(),
                        use.label(),
                        place.getSimpleName(),
                        why));
      }
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

  /** Compilers copy what stands on a record's component to its field, accessor and parameter. */
  private static boolean isOfRecordComponent(
      TypeElement type, Element place, ClassName annotation) {
    return place.getKind() != ElementKind.RECORD_COMPONENT
        && type.getRecordComponents().stream()
            .filter(component -> component.getSimpleName().equals(place.getSimpleName()))
            .anyMatch(component -> AnnotationUse.find(component, annotation).isPresent());
  }
}
