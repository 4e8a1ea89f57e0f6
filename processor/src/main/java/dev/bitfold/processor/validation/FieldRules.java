package dev.bitfold.processor.validation;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.TypeText;
import java.util.List;
import java.util.Set;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;

/** What a rebuilt object would lose: state that its constructor does not carry. */
final class FieldRules {
  private final Language language;
  private final Holdings holdings;

  FieldRules(Language language, Holdings holdings) {
    this.language = language;
    this.holdings = holdings;
  }

  /** Fields that a setter or a method can change; a transient one is a cache. */
  void checkMutable(TypeElement type, Set<String> carried, Problems problems) {
    for (VariableElement field : notCarried(type, carried)) {
      Set<Modifier> modifiers = field.getModifiers();
      if (!modifiers.contains(Modifier.FINAL) && !modifiers.contains(Modifier.TRANSIENT)) {
        problems.add(
            ProblemId.MUTABLE_FIELD, Place.at(field), type.getSimpleName(), field.getSimpleName());
      }
    }
  }

  /** Layers that a model makes for itself. */
  void checkComponents(TypeElement type, Set<String> carried, Problems problems) {
    for (VariableElement field : notCarried(type, carried)) {
      if (holdings.any(field.asType())) {
        problems.add(
            ProblemId.COMPONENT_NOT_CARRIED,
            Place.at(field),
            type.getSimpleName(),
            field.getSimpleName(),
            TypeText.of(field.asType()));
      }
    }
  }

  private List<VariableElement> notCarried(TypeElement type, Set<String> carried) {
    return new Members(language, type)
        .fields().stream()
            .filter(field -> !carried.contains(field.getSimpleName().toString()))
            .toList();
  }
}
