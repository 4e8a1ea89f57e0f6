package dev.bitfold.processor.reader.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.VariableElement;

/** Reads the methods named {@code forward}, and finds the one with hooks. */
final class ForwardReader {
  private static final String FORWARD = "forward";

  private final Language language;
  private final TensorAnnotations annotations;
  private final Problems problems;
  private boolean unreadable;

  ForwardReader(Language language, TensorAnnotations annotations, Problems problems) {
    this.language = language;
    this.annotations = annotations;
    this.problems = problems;
  }

  /** Returns these methods of a class. */
  List<DeclaredForward> read(List<ExecutableElement> methods) {
    return methods.stream()
        .filter(method -> method.getSimpleName().contentEquals(FORWARD))
        .map(this::declared)
        .toList();
  }

  /**
   * Returns whether a parameter is marked as an input but is not a tensor, which has been reported.
   */
  boolean hasUnreadable() {
    return unreadable;
  }

  /**
   * Returns the method with a marked parameter, or otherwise the only one whose output is to be
   * quantized.
   *
   * @param quantizesOutput whether the class quantizes its output
   */
  static Optional<DeclaredForward> hooked(List<DeclaredForward> forwards, boolean quantizesOutput) {
    Optional<DeclaredForward> marked =
        forwards.stream().filter(DeclaredForward::hooked).findFirst();
    if (marked.isPresent() || !quantizesOutput) {
      return marked;
    }
    List<DeclaredForward> returning =
        forwards.stream().filter(DeclaredForward::returnsTensor).toList();
    return returning.size() == 1 ? Optional.of(returning.get(0)) : Optional.empty();
  }

  private DeclaredForward declared(ExecutableElement method) {
    List<DeclaredTensor> inputs = new ArrayList<>();
    boolean hooked = false;
    for (VariableElement parameter : method.getParameters()) {
      String name = language.name(parameter);
      Element annotated = language.annotated(parameter);
      MemberQuantizers quantizers = annotations.quantizers(annotated, name);
      Optional<AnnotationUse> marked = AnnotationUse.find(annotated, BitfoldNames.INPUT);
      if (marked.isPresent() || !quantizers.isEmpty()) {
        hooked = true;
        input(parameter, marked.orElseGet(quantizers::first))
            .ifPresentOrElse(
                declaration ->
                    inputs.add(new DeclaredTensor(name, List.of(declaration), List.of(quantizers))),
                () -> unreadable = true);
      }
    }
    return new DeclaredForward(method, inputs, hooked);
  }

  private Optional<TensorDeclaration> input(VariableElement parameter, AnnotationUse use) {
    if (!TensorTypes.isReadable(language.name(parameter), parameter.asType(), use, problems)) {
      return Optional.empty();
    }
    return Optional.of(
        new TensorDeclaration(
            TensorKind.INPUT,
            parameter.asType(),
            false,
            Language.isVariable(parameter.asType()),
            use.is(BitfoldNames.INPUT) ? annotations.layout(use) : Optional.of(Layout.UNKNOWN),
            use));
  }
}
