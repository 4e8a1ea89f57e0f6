package dev.bitfold.processor.validation.layer;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Recursion;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.layer.DeclaredForward;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import java.util.List;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;

/** Checks the method with hooks. */
final class ForwardRules {
  private final Language language;
  private final DeclaredLayer layer;
  private final Problems problems;
  private final TypeElement type;

  ForwardRules(Language language, DeclaredLayer layer, Problems problems) {
    this.language = language;
    this.layer = layer;
    this.problems = problems;
    this.type = layer.type();
  }

  /** Checks the method. */
  void check() {
    layer.forward().map(DeclaredForward::method).ifPresent(this::method);
    List<ExecutableElement> hooked =
        layer.forwards().stream()
            .filter(DeclaredForward::hooked)
            .map(DeclaredForward::method)
            .toList();
    if (hooked.size() > 1) {
      problems.add(
          ProblemId.TWO_FORWARDS,
          Place.at(hooked.get(1)),
          type.getSimpleName(),
          TypeText.signature(hooked.get(0)),
          TypeText.signature(hooked.get(1)));
    }
  }

  private void method(ExecutableElement method) {
    for (Modifier hidden : List.of(Modifier.PRIVATE, Modifier.STATIC)) {
      if (method.getModifiers().contains(hidden)) {
        problems.add(
            ProblemId.FORWARD_INACCESSIBLE,
            Place.at(method),
            type.getSimpleName(),
            TypeText.signature(method),
            hidden,
            hidden == Modifier.STATIC ? "remove static" : "make it public");
      }
    }
    if (isHiddenFromHome(method)) {
      problems.add(
          ProblemId.FORWARD_INACCESSIBLE,
          Place.at(method),
          type.getSimpleName(),
          TypeText.signature(method),
          "package-private in " + language.packageOf(method),
          "make it public");
    }
    language.recursion(type).ifPresent(recursion -> calls(recursion, method));
    boolean open = !type.getModifiers().contains(Modifier.FINAL);
    if (open && method.getModifiers().contains(Modifier.FINAL)) {
      problems.add(
          ProblemId.FORWARD_FINAL,
          Place.at(method),
          type.getSimpleName(),
          TypeText.signature(method));
    }
  }

  /** Returns whether a method can be overridden only in another package than the wrapper's. */
  private boolean isHiddenFromHome(ExecutableElement method) {
    return Language.visibility(method).equals("package-private")
        && !language.readable(method, type);
  }

  /**
   * Reports calls that pass the method's tensors through the quantizers twice, or bypass the
   * quantizers.
   */
  private void calls(Recursion recursion, ExecutableElement method) {
    recursion
        .of(method)
        .ifPresent(
            way ->
                problems.add(
                    ProblemId.FORWARD_RECURSES,
                    Place.at(method),
                    type.getSimpleName(),
                    TypeText.signature(method),
                    way.certain()
                        ? "calls itself"
                        : "may call itself (its overloads cannot be told apart)",
                    way.through().isEmpty()
                        ? ""
                        : " through " + String.join(" and ", way.through())));
    recursion
        .bypass(method)
        .ifPresent(
            caller ->
                problems.add(
                    ProblemId.FORWARD_BYPASSED,
                    Place.at(caller),
                    type.getSimpleName(),
                    TypeText.signature(caller),
                    method.getSimpleName()));
  }
}
