package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.diagnostics.NearestName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.TypeText;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;

/** Finds the {@code backward} that gives the gradients of a layer: its result type tells it. */
final class BackwardReader {
  private static final String BACKWARD = "backward";

  /** The methods of {@code Gradients} that take tensors' names. */
  private static final Set<String> NAMING = Set.of("with", "fixed");

  private static final Pattern ELEMENT = Pattern.compile("\\[\\d+]$");

  private final Language language;
  private final TypeElement type;
  private final Problems problems;

  BackwardReader(Language language, TypeElement type, Problems problems) {
    this.language = language;
    this.type = type;
    this.problems = problems;
  }

  /**
   * The method, if there is one.
   *
   * @param methods of the class
   * @param hooked the one with marked inputs
   * @param candidates every forward that the class has
   * @param variables whether the layer is of a graph's variables, where it would have no effect
   */
  Optional<DeclaredBackward> read(
      List<ExecutableElement> methods,
      Optional<DeclaredForward> hooked,
      List<ExecutableElement> candidates,
      boolean variables) {
    Optional<DeclaredBackward> found = Optional.empty();
    for (ExecutableElement method : methods) {
      if (!method.getSimpleName().contentEquals(BACKWARD)) {
        continue;
      }
      Unresolved.refuse(method.getReturnType());
      if (!Language.is(method.getReturnType(), BitfoldNames.GRADIENTS)) {
        continue;
      }
      if (variables) {
        problems.add(
            ProblemId.GRAPH_BACKWARD,
            Place.at(method),
            type.getSimpleName(),
            TypeText.signature(method));
        continue;
      }
      List<ExecutableElement> of =
          hooked.map(forward -> List.of(forward.method())).orElse(candidates);
      Optional<ExecutableElement> forward = of.stream().filter(f -> fits(method, f)).findFirst();
      if (forward.isEmpty()) {
        reportSignature(method, of);
      } else {
        checkAccess(method);
        found = Optional.of(new DeclaredBackward(method, forward.get()));
      }
    }
    return found;
  }

  private boolean fits(ExecutableElement backward, ExecutableElement forward) {
    List<? extends VariableElement> given = backward.getParameters();
    List<? extends VariableElement> taken = forward.getParameters();
    if (given.size() != taken.size() + 1
        || !Language.isTensor(given.get(given.size() - 1).asType())
        || !Language.isTensor(forward.getReturnType())
        || taken.isEmpty()) {
      return false;
    }
    for (int i = 0; i < taken.size(); i++) {
      Unresolved.refuse(given.get(i).asType());
      if (!language.types().isSameType(given.get(i).asType(), taken.get(i).asType())) {
        return false;
      }
    }
    return true;
  }

  private void reportSignature(ExecutableElement method, List<ExecutableElement> forwards) {
    String wanted =
        forwards.stream()
            .filter(f -> !f.getParameters().isEmpty())
            .findFirst()
            .map(
                f ->
                    f.getParameters().stream()
                        .map(p -> TypeText.of(p.asType()) + " " + p.getSimpleName())
                        .collect(Collectors.joining(", ")))
            .orElse("INDArray x");
    String reason =
        forwards.isEmpty()
            ? "there is no forward"
            : "forward is "
                + forwards.stream().map(TypeText::signature).collect(Collectors.joining(", "));
    problems.add(
        ProblemId.BACKWARD_SIGNATURE,
        Place.at(method),
        type.getSimpleName(),
        TypeText.signature(method),
        reason,
        "Gradients backward(" + wanted + ", INDArray gradOutput)");
  }

  private void checkAccess(ExecutableElement method) {
    boolean open = !type.getModifiers().contains(Modifier.FINAL);
    for (Modifier hidden : List.of(Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)) {
      if (method.getModifiers().contains(hidden) && (open || hidden != Modifier.FINAL)) {
        problems.add(
            ProblemId.BACKWARD_INACCESSIBLE,
            Place.at(method),
            type.getSimpleName(),
            TypeText.signature(method),
            hidden);
      }
    }
  }

  /**
   * Reports gradients of tensors that the layer does not have, where the compiler shows the body.
   *
   * @param tensors their names
   * @param several the names of lists of tensors, which are {@code name[0]} and so on
   */
  void checkNames(DeclaredBackward backward, List<String> tensors, Set<String> several) {
    for (String name : language.bodies().stringArguments(backward.method(), NAMING)) {
      boolean element = several.contains(ELEMENT.matcher(name).replaceFirst(""));
      if (!tensors.contains(name) && !(element && name.endsWith("]"))) {
        problems.add(
            ProblemId.GRADIENT_NAME,
            Place.at(backward.method()),
            type.getSimpleName(),
            name,
            String.join(", ", tensors),
            NearestName.question(name, tensors));
      }
    }
  }
}
