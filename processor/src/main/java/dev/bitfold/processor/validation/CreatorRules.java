package dev.bitfold.processor.validation;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.CheckedExceptions;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.creator.Creator;
import java.util.List;
import java.util.stream.Collectors;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;

/** The rules of the constructor that builds a layer or model again. */
final class CreatorRules {
  private final Language language;
  private final TypeElement type;
  private final Creator creator;
  private final Problems problems;

  CreatorRules(Language language, TypeElement type, Creator creator, Problems problems) {
    this.language = language;
    this.type = type;
    this.creator = creator;
    this.problems = problems;
  }

  /** Checks it. */
  void check() {
    List<ExecutableElement> methods = new Members(language, type).methods();
    creator.arguments().forEach(argument -> accessor(argument, methods));
    if (type.getKind() == ElementKind.RECORD) {
      ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
          .filter(constructor -> !constructor.equals(creator.constructor()))
          .flatMap(other -> AnnotationUse.find(other, BitfoldNames.QUANTIZE_CREATOR).stream())
          .forEach(
              use ->
                  problems.add(
                      ProblemId.CREATOR,
                      use.place(),
                      type.getSimpleName(),
                      "a record is rebuilt by its canonical constructor",
                      "take it off"));
    }
  }

  /** Generated code reads the values where no exception can be declared. */
  private void accessor(Creator.Argument argument, List<ExecutableElement> methods) {
    methods.stream()
        .filter(method -> argument.accessor().method() && Members.isAccessor(method))
        .filter(method -> method.getSimpleName().contentEquals(argument.accessor().name()))
        .filter(method -> !CheckedExceptions.of(language, method).isEmpty())
        .findFirst()
        .ifPresent(
            method ->
                problems.add(
                    ProblemId.ACCESSOR_THROWS,
                    Place.at(method),
                    type.getSimpleName(),
                    TypeText.signature(method),
                    method.getThrownTypes().stream()
                        .map(TypeText::of)
                        .collect(Collectors.joining(", ")),
                    argument.name()));
  }
}
