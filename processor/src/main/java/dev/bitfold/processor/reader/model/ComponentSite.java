package dev.bitfold.processor.reader.model;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;

/**
 * One component of a model, while it is read.
 *
 * @param model the model class
 * @param name the constructor's parameter
 * @param declarations where it is declared and can be annotated, the most natural place first
 * @param problems where its problems go
 */
record ComponentSite(
    TypeElement model, String name, List<Element> declarations, Problems problems) {
  ComponentSite {
    declarations = List.copyOf(declarations);
  }

  Optional<AnnotationUse> annotation(ClassName type) {
    return annotations(type).stream().findFirst();
  }

  /** The annotations of a type on all places where the component is declared. */
  List<AnnotationUse> annotations(ClassName type) {
    return declarations.stream()
        .flatMap(element -> AnnotationUse.find(element, type).stream())
        .toList();
  }

  Place place() {
    return Place.at(declarations.get(0));
  }

  /** Reports a problem of the component; the model's and its name are the first two arguments. */
  void report(ProblemId id, Object... more) {
    report(id, place(), more);
  }

  void report(ProblemId id, Place place, Object... more) {
    List<Object> arguments = new ArrayList<>();
    arguments.add(model.getSimpleName());
    arguments.add(name);
    arguments.addAll(List.of(more));
    problems.add(id, place, arguments.toArray());
  }
}
