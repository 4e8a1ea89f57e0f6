package dev.bitfold.processor.validation.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.layer.DeclaredForward;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.DeclaredTensor;
import dev.bitfold.processor.reader.layer.MemberQuantizers;
import dev.bitfold.processor.reader.layer.TensorDeclaration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks the declarations of a layer's tensors. */
final class TensorRules {
  private static final List<Character> OF_WEIGHTS = List.of('O', 'I');
  private static final List<Character> OF_INPUTS = List.of('N');

  private final DeclaredLayer layer;
  private final Problems problems;

  TensorRules(DeclaredLayer layer, Problems problems) {
    this.layer = layer;
    this.problems = problems;
  }

  /** Checks the tensors. */
  void check() {
    layer.allTensors().forEach(this::declarations);
    layer.loneQuantizers().forEach(this::noTensor);
    mixed();
  }

  private void declarations(DeclaredTensor tensor) {
    List<TensorDeclaration> before = new ArrayList<>();
    for (TensorDeclaration declaration : tensor.declarations()) {
      layout(tensor.name(), declaration);
      before.stream()
          .filter(declaration::contradicts)
          .findFirst()
          .ifPresent(
              other ->
                  problems.add(
                      ProblemId.TENSOR_DECLARED_TWICE,
                      declaration.use().place("layout"),
                      name(),
                      tensor.name(),
                      declaration.words(),
                      other.words()));
      before.add(declaration);
    }
  }

  private void layout(String name, TensorDeclaration declaration) {
    AnnotationUse use = declaration.use();
    if (use.value("layout").isPresent() && use.text("layout").isEmpty()) {
      problems.add(
          ProblemId.EMPTY_ELEMENT, use.place("layout"), name, "layout = \"\"", use.label());
    }
    boolean isInput = declaration.kind() == TensorKind.INPUT;
    declaration
        .layout()
        .flatMap(layout -> foreign(layout, isInput))
        .ifPresent(
            letter ->
                problems.add(
                    ProblemId.LAYOUT_LETTERS,
                    use.place("layout"),
                    declaration.layout().orElseThrow(),
                    use.label() + " " + name,
                    letter,
                    isInput ? "weights" : "inputs (their batch)",
                    isInput
                        ? "its channels are C"
                        : "its output channels are O or C, its input channels I"));
  }

  /** Returns a letter that only tensors of another kind may have. */
  private static Optional<Character> foreign(Layout layout, boolean isInput) {
    return (isInput ? OF_WEIGHTS : OF_INPUTS).stream().filter(layout::has).findFirst();
  }

  /** Returns whether a tensor's layout has been refused. */
  static boolean isRefused(DeclaredTensor tensor) {
    return !tensor.isReadable()
        || foreign(tensor.layout(), tensor.kind() == TensorKind.INPUT).isPresent();
  }

  private void noTensor(MemberQuantizers quantizers) {
    AnnotationUse use = quantizers.first();
    problems.add(
        ProblemId.MISPLACED,
        use.place(),
        use.label(),
        quantizers.tensor() + " is not a @Weight",
        "mark it: @Weight(layout = \"OI\"); or remove it");
  }

  /**
   * Checks that all tensors are arrays, which compute, or all are variables, which build a graph.
   */
  private void mixed() {
    List<Typed> typed = new ArrayList<>();
    layer.allTensors().forEach(t -> typed.add(new Typed(t.name(), t.variable(), t.place())));
    layer
        .hooked()
        .filter(DeclaredForward::returnsTensor)
        .map(DeclaredForward::method)
        .ifPresent(
            method ->
                typed.add(
                    new Typed(
                        "the result of " + TypeText.signature(method),
                        Language.isVariable(method.getReturnType()),
                        Place.at(method))));
    typed.stream()
        .filter(other -> other.variable() != typed.get(0).variable())
        .findFirst()
        .ifPresent(
            other ->
                problems.add(
                    ProblemId.MIXED_TENSORS,
                    other.place(),
                    name(),
                    other.name(),
                    other.type(),
                    typed.get(0).name(),
                    typed.get(0).type()));
  }

  private record Typed(String name, boolean variable, Place place) {
    String type() {
      return variable ? "an SDVariable" : "an INDArray";
    }
  }

  private Object name() {
    return layer.type().getSimpleName();
  }
}
