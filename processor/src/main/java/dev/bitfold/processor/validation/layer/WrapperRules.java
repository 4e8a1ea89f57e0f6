package dev.bitfold.processor.validation.layer;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.layer.DeclaredBackward;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;

/** Checks the wrapper that replaces a final class or record and implements its interfaces. */
final class WrapperRules {
  private final Language language;

  WrapperRules(Language language) {
    this.language = language;
  }

  /** Checks that the wrapper can replace the layer. */
  void check(DeclaredLayer layer, Problems problems) {
    TypeElement type = layer.type();
    Set<ExecutableElement> implemented = new Members(language, type).implementations();
    ExecutableElement forward = layer.forward().orElseThrow().method();
    Optional<ExecutableElement> backward = layer.backward().map(DeclaredBackward::method);
    for (ExecutableElement method : implemented) {
      boolean takesTensor =
          method.getParameters().stream()
              .anyMatch(p -> Language.isTensor(p.asType()) || Language.isVariable(p.asType()));
      if (takesTensor && !method.equals(forward) && !backward.equals(Optional.of(method))) {
        report(ProblemId.OTHER_TENSOR_METHOD, Place.at(method), type, method, problems);
      }
    }
    if (!implemented.contains(forward)) {
      report(ProblemId.FINAL_WITHOUT_INTERFACE, Place.at(type), type, forward, problems);
    }
    backward
        .filter(method -> !implemented.contains(method))
        .ifPresent(
            method ->
                report(
                    ProblemId.BACKWARD_WITHOUT_INTERFACE, Place.at(type), type, method, problems));
  }

  private static void report(
      ProblemId id, Place place, TypeElement type, ExecutableElement method, Problems problems) {
    problems.add(
        id, place, type.getSimpleName(), TypeText.finality(type), TypeText.signature(method));
  }
}
