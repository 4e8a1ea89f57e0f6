package dev.bitfold.processor.validation.creator;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.ConstructorFlow;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.creator.Creator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.ElementFilter;

/**
 * Finds final fields whose value would be lost when the object is rebuilt, because a constructor
 * other than the rebuilding one can set them to another value, and no parameter carries them. If
 * every object goes through the rebuilding constructor, its arguments determine each field.
 */
final class FinalFieldRules {
  private final Language language;
  private final TypeElement type;
  private final Creator creator;

  FinalFieldRules(Language language, TypeElement type, Creator creator) {
    this.language = language;
    this.type = type;
    this.creator = creator;
  }

  /**
   * Reports these fields.
   *
   * @param known fields that another rule reports
   */
  void check(Predicate<VariableElement> known, Problems problems) {
    if (type.getKind() == ElementKind.RECORD || creatorDecides()) {
      return;
    }
    for (VariableElement field : new Members(language, type).fields()) {
      Set<Modifier> modifiers = field.getModifiers();
      if (modifiers.contains(Modifier.FINAL)
          && !modifiers.contains(Modifier.TRANSIENT)
          && !creator.carries(field.getSimpleName().toString())
          && !known.test(field)
          && !isRebuilt(field)) {
        problems.add(
            ProblemId.FINAL_FIELD,
            Place.at(field),
            type.getSimpleName(),
            field.getSimpleName(),
            creator.signature(),
            TypeText.of(language.memberType(type, field)));
      }
    }
  }

  /** Returns whether every object of the class is made by the rebuilding constructor. */
  private boolean creatorDecides() {
    List<ExecutableElement> roots =
        ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
            .filter(c -> !language.bodies().flow(c).map(ConstructorFlow::delegates).orElse(false))
            .toList();
    return roots.equals(List.of(creator.constructor()));
  }

  /** Returns whether all constructors compute a field from carried values, and in the same way. */
  private boolean isRebuilt(VariableElement field) {
    TypeElement owner = Language.owner(field);
    for (TypeElement level : language.chain(type)) {
      boolean own = level.equals(owner);
      Function<ConstructorFlow, ConstructorFlow.Slice> value =
          own ? flow -> flow.field(field.getSimpleName().toString()) : ConstructorFlow::superclass;
      if (agree(level, value)) {
        return true;
      }
      if (own) {
        return false;
      }
    }
    return true;
  }

  private boolean agree(TypeElement level, Function<ConstructorFlow, ConstructorFlow.Slice> value) {
    Set<String> texts = new HashSet<>();
    for (ExecutableElement constructor :
        ElementFilter.constructorsIn(level.getEnclosedElements())) {
      Optional<ConstructorFlow> flow = language.bodies().flow(constructor);
      if (flow.isEmpty()) {
        return true; // Not shown by this compiler, or compiled earlier.
      }
      if (!flow.get().delegates()) {
        ConstructorFlow.Slice slice = value.apply(flow.get());
        texts.add(slice.text());
        if (!slice.origins().stream()
            .allMatch(names -> names.stream().anyMatch(creator::carries))) {
          return false;
        }
      }
    }
    return texts.size() <= 1;
  }
}
