package dev.bitfold.processor.validation.model;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.TensorTraffic;
import dev.bitfold.processor.reader.model.DeclaredComponent;
import dev.bitfold.processor.reader.model.DeclaredModel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;

/** Checks models. */
final class ModelRules {
  private static final Set<String> CONTAINERS =
      Set.of("java.util.List", "java.util.Map", "java.util.Optional");

  private final Language language;
  private final LayerDetector detector;
  private final Holdings holdings;

  ModelRules(Language language, LayerDetector detector, Holdings holdings) {
    this.language = language;
    this.detector = detector;
    this.holdings = holdings;
  }

  /** Checks a model class, whether or not it can be read. */
  void check(TypeElement type, Problems problems) {
    detector
        .markedMember(language.home(type))
        .ifPresent(
            use ->
                problems.add(
                    ProblemId.LAYER_AND_MODEL,
                    use.place(),
                    type.getSimpleName(),
                    "it is a @QuantizeModel and has " + use.label() + " on a member of its own"));
    cycle(type, problems);
  }

  /** Checks that a model whose components can all be read has a quantized component. */
  void checkComponents(DeclaredModel model, Problems problems) {
    TypeElement type = model.type();
    boolean any =
        model.components().stream()
            .flatMap(component -> component.content().stream())
            .anyMatch(c -> c.isRebuilt() || c instanceof ComponentModel.Skipped);
    if (!any && holdings.holdingField(type).isEmpty()) {
      problems.add(ProblemId.NO_COMPONENTS, Place.at(type), type.getSimpleName());
    }
  }

  /** Reports classes that may be layers but have no annotation. */
  void checkUnmarked(DeclaredModel model, Problems problems) {
    Set<String> read = new HashSet<>();
    for (DeclaredComponent component : model.components()) {
      read.add(component.name());
      if (component.content().filter(c -> !(c instanceof ComponentModel.Skipped)).isPresent()) {
        Place place = Place.at(component.declarations().first());
        unmarked(model.type(), component.name(), component.type(), place, problems);
      }
    }
    for (VariableElement field : new Members(language, model.type()).fields()) {
      String name = field.getSimpleName().toString();
      if (!read.contains(name)
          && !holdings.any(field.asType())
          && AnnotationUse.find(language.annotated(field), BitfoldNames.SKIP_QUANTIZE).isEmpty()) {
        unmarked(model.type(), name, field.asType(), Place.at(field), problems);
      }
    }
  }

  private void unmarked(
      TypeElement model, String component, TypeMirror type, Place place, Problems problems) {
    TensorTraffic traffic = new TensorTraffic(language);
    for (TypeElement held : holdings.unmarked(type)) {
      traffic
          .heldByLayer(held)
          .ifPresent(
              tensor ->
                  problems.add(
                      ProblemId.LAYER_NOT_ANNOTATED,
                      place,
                      model.getSimpleName(),
                      component,
                      held.getSimpleName(),
                      tensor.getSimpleName()));
    }
  }

  private void cycle(TypeElement type, Problems problems) {
    for (VariableElement field : new Members(language, type).fields()) {
      Optional<List<String>> path = pathBack(field, type, new HashSet<>());
      if (path.isPresent()) {
        problems.add(
            ProblemId.MODEL_CYCLE,
            Place.at(field),
            type.getSimpleName(),
            type.getSimpleName() + " - " + String.join(" - ", path.get()));
        return;
      }
    }
  }

  /**
   * Returns whether a value can be empty. A model may then contain others of its own class, as a
   * tree does.
   */
  private static boolean mayEnd(TypeMirror type) {
    return type.getKind() == TypeKind.ARRAY
        || Language.declared(type)
            .filter(t -> CONTAINERS.contains(t.getQualifiedName().toString()))
            .isPresent();
  }

  /** Returns the models on the way from a field back to a model, if there is such a way. */
  private Optional<List<String>> pathBack(
      VariableElement field, TypeElement target, Set<TypeElement> seen) {
    if (mayEnd(field.asType())) {
      return Optional.empty();
    }
    for (TypeElement held : holdings.found(field.asType())) {
      if (held.equals(target)) {
        return Optional.of(List.of(held.getSimpleName().toString()));
      }
      if (detector.isModel(held) && seen.add(held)) {
        for (VariableElement next : new Members(language, held).fields()) {
          Optional<List<String>> rest = pathBack(next, target, seen);
          if (rest.isPresent()) {
            List<String> path = new ArrayList<>(List.of(held.getSimpleName().toString()));
            path.addAll(rest.get());
            return Optional.of(path);
          }
        }
      }
    }
    return Optional.empty();
  }
}
