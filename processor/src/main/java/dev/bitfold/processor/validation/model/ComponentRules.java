package dev.bitfold.processor.validation.model;

import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.model.DeclaredComponent;
import dev.bitfold.processor.reader.model.DeclaredModel;
import dev.bitfold.processor.validation.place.StrayAnnotations;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;

/** Checks that every annotation on a model's components has an effect. */
final class ComponentRules {
  private final Language language;
  private final FoldRules folds;

  ComponentRules(Language language, FoldRules folds) {
    this.language = language;
    this.folds = folds;
  }

  /** Checks the components of a model. */
  void check(DeclaredModel model, Problems problems) {
    Set<Element> read = new HashSet<>();
    for (DeclaredComponent component : model.components()) {
      read.addAll(component.declarations().elements());
      component(component, problems);
    }
    StrayAnnotations.check(
        language.home(model.type()),
        read,
        "components are what the constructor of " + model.type().getSimpleName() + " takes",
        problems);
    folds.check(model, problems);
  }

  private static void component(DeclaredComponent component, Problems problems) {
    List<AnnotationUse> lists = component.declarations().annotations(BitfoldNames.IMPLEMENTATIONS);
    lists.stream()
        .skip(1)
        .filter(use -> !use.says(lists.get(0)))
        .forEach(
            use ->
                unused(
                    Optional.of(use),
                    component,
                    "another declaration of the component has one already",
                    problems));
    Optional<AnnotationUse> skip = component.declarations().annotation(BitfoldNames.SKIP_QUANTIZE);
    Optional<AnnotationUse> listed =
        component.declarations().annotation(BitfoldNames.IMPLEMENTATIONS);
    boolean passedOn =
        component.content().filter(c -> c instanceof ComponentModel.PassedOn).isPresent();
    if (skip.isPresent()) {
      unused(listed, component, "@SkipQuantize keeps the component float", problems);
      if (passedOn) {
        unused(skip, component, "nothing in the component could be quantized", problems);
      }
    } else if (passedOn) {
      unused(listed, component, "it holds no layer", problems);
    }
  }

  private static void unused(
      Optional<AnnotationUse> use, DeclaredComponent component, String why, Problems problems) {
    use.ifPresent(
        u ->
            problems.add(
                ProblemId.COMPONENT_ANNOTATION_UNUSED,
                u.place(),
                u.label(),
                component.name(),
                why));
  }
}
