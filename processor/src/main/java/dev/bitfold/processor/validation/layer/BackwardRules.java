package dev.bitfold.processor.validation.layer;

import dev.bitfold.descriptor.NearestName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.layer.DeclaredBackward;
import dev.bitfold.processor.reader.layer.DeclaredForward;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.DeclaredTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;

/** Checks the methods that compute a layer's gradients. */
final class BackwardRules {
  /** The methods of {@code Gradients} that take names of tensors. */
  private static final Set<String> NAMING = Set.of("with", "fixed");

  private static final Pattern ELEMENT = Pattern.compile("\\[\\d+]$");

  private final Language language;
  private final DeclaredLayer layer;
  private final Problems problems;
  private final TypeElement type;

  BackwardRules(Language language, DeclaredLayer layer, Problems problems) {
    this.language = language;
    this.layer = layer;
    this.problems = problems;
    this.type = layer.type();
  }

  /** Checks the methods. */
  void check() {
    for (DeclaredBackward backward : layer.backwards()) {
      if (layer.variables()) {
        problems.add(
            ProblemId.GRAPH_BACKWARD,
            Place.at(backward.method()),
            type.getSimpleName(),
            TypeText.signature(backward.method()));
      } else if (backward.forward().isEmpty()) {
        signature(backward.method());
      } else {
        access(backward.method());
      }
    }
    layer.backward().ifPresent(backward -> names(backward.method()));
  }

  private void signature(ExecutableElement method) {
    List<ExecutableElement> forwards =
        layer.hooked().map(List::of).orElse(layer.forwards()).stream()
            .map(DeclaredForward::method)
            .toList();
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
    boolean gradients = Language.is(method.getReturnType(), BitfoldNames.GRADIENTS);
    problems.add(
        ProblemId.BACKWARD_SIGNATURE,
        Place.at(method),
        type.getSimpleName(),
        TypeText.signature(method),
        gradients ? reason : "it returns " + TypeText.of(method.getReturnType()) + ", " + reason,
        "Gradients backward("
            + wanted
            + ", INDArray gradOutput)"
            + (gradients ? "" : ", or give it another name if training is not to call it"));
  }

  private void access(ExecutableElement method) {
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

  /** Reports gradients of tensors that the layer does not have, if the body is visible. */
  private void names(ExecutableElement method) {
    List<String> tensors = new ArrayList<>();
    layer.tensors().forEach(t -> tensors.add(t.several() ? t.name() + "[0]" : t.name()));
    layer.inputs().forEach(input -> tensors.add(input.name()));
    for (String name : language.bodies().stringArguments(method, NAMING)) {
      if (!tensors.contains(name) && !isElement(name)) {
        problems.add(
            ProblemId.GRADIENT_NAME,
            Place.at(method),
            type.getSimpleName(),
            name,
            String.join(", ", tensors),
            NearestName.suggestion(name, tensors));
      }
    }
  }

  /** Returns whether a name is the name of an element in a list or array of tensors. */
  private boolean isElement(String name) {
    Matcher element = ELEMENT.matcher(name);
    return element.find()
        && layer.tensors().stream()
            .filter(DeclaredTensor::several)
            .anyMatch(tensor -> name.substring(0, element.start()).equals(tensor.name()));
  }
}
