package dev.bitfold.processor.validation.model;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.names.GeneratedNames;
import dev.bitfold.processor.reader.MixIns;
import dev.bitfold.processor.reader.model.DeclaredModel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.TypeElement;

/** Checks the mix-ins that a model lists. */
final class MixInListRules {
  private final TypeElement model;
  private final TypeElement annotated;
  private final Problems problems;

  /**
   * Makes the rules for a model.
   *
   * @param language the language of the model's own scope
   */
  MixInListRules(Language language, TypeElement model, Problems problems) {
    this.model = model;
    this.annotated = language.home(model);
    this.problems = problems;
  }

  /** Checks that each is a mix-in, and the only one of its class. */
  void check() {
    Map<String, TypeElement> first = new HashMap<>();
    for (MixIns.Listed listed : MixIns.listed(annotated)) {
      Optional<String> target = listed.target().map(of -> of.getQualifiedName().toString());
      if (target.isEmpty()) {
        report(listed, "is not a mix-in", "annotate it with @QuantizeFor, or remove it");
        continue;
      }
      TypeElement other = first.putIfAbsent(target.get(), listed.type());
      if (other != null) {
        problems.add(
            ProblemId.TWO_MIX_INS,
            place(listed),
            model.getSimpleName(),
            other.getSimpleName(),
            listed.type().getSimpleName(),
            target.get());
      }
    }
  }

  /** Checks that each is used, if all components can be read. */
  void checkUse(DeclaredModel declared) {
    Set<ClassName> used = new HashSet<>();
    declared.components().stream()
        .flatMap(component -> component.content().stream())
        .forEach(content -> collect(content, used));
    MixIns mixIns = MixIns.of(annotated);
    for (MixIns.Listed listed : MixIns.listed(annotated)) {
      ClassName mixIn = ClassName.get(listed.type());
      boolean counts =
          listed.target().flatMap(mixIns::find).filter(listed.type()::equals).isPresent();
      if (counts
          && !used.contains(GeneratedNames.wrapper(mixIn))
          && !used.contains(GeneratedNames.quantizer(mixIn))) {
        report(
            listed,
            "is of "
                + listed.target().orElseThrow().getQualifiedName()
                + ", and no component of "
                + model.getSimpleName()
                + " is one",
            "remove it; a model that is a component lists its own");
      }
    }
  }

  private static void collect(ComponentModel content, Set<ClassName> used) {
    if (content instanceof ComponentModel.Layer layer) {
      used.add(layer.wrapper());
    } else if (content instanceof ComponentModel.Model model) {
      used.add(model.quantizer());
    }
    content.parts().forEach(part -> collect(part, used));
  }

  private Place place(MixIns.Listed listed) {
    return AnnotationUse.find(annotated, BitfoldNames.QUANTIZE_MODEL)
        .map(use -> new Place(use.element(), use.mirror(), listed.value()))
        .orElse(Place.at(annotated));
  }

  private void report(MixIns.Listed listed, String why, String fix) {
    problems.add(
        ProblemId.MIX_IN_LISTED,
        place(listed),
        model.getSimpleName(),
        listed.type().getSimpleName(),
        why,
        fix);
  }
}
