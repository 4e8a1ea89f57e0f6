package dev.bitfold.processor.reader.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.lang.Recursion;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.ElementFilter;

/** Finds the {@code forward} method whose tensors are hooked. */
public final class ForwardReader {
  /** The name of the method that hooks go around. */
  static final String FORWARD = "forward";

  private final Language language;
  private final TypeElement type;
  private final Members members;
  private final TensorAnnotations annotations;
  private final Problems problems;
  private boolean broken;

  ForwardReader(
      Language language,
      TypeElement type,
      Members members,
      TensorAnnotations annotations,
      Problems problems) {
    this.type = type;
    this.language = language;
    this.members = members;
    this.annotations = annotations;
    this.problems = problems;
  }

  /** Whether a parameter is marked as an input and is no tensor, which is reported. */
  boolean hasBroken() {
    return broken;
  }

  /** The method with a marked parameter. */
  Optional<DeclaredForward> read() {
    List<ExecutableElement> hooked =
        candidates().stream()
            .filter(m -> m.getParameters().stream().anyMatch(this::marked))
            .toList();
    if (hooked.size() > 1) {
      problems.add(
          ProblemId.TWO_FORWARDS,
          Place.at(hooked.get(1)),
          type.getSimpleName(),
          TypeText.signature(hooked.get(0)),
          TypeText.signature(hooked.get(1)));
    }
    return hooked.stream().findFirst().map(this::declared);
  }

  /** The only method that returns a tensor, for an output's quantizer. */
  Optional<DeclaredForward> readForOutput() {
    List<ExecutableElement> returning =
        candidates().stream()
            .filter(
                m -> Language.isTensor(m.getReturnType()) || Language.isVariable(m.getReturnType()))
            .toList();
    return returning.size() == 1 ? Optional.of(declared(returning.get(0))) : Optional.empty();
  }

  /** The methods of that name. */
  List<ExecutableElement> candidates() {
    List<ExecutableElement> found = methods();
    found.removeIf(method -> !method.getSimpleName().contentEquals(FORWARD));
    return found;
  }

  /** All methods that the class has, private ones included. */
  List<ExecutableElement> methods() {
    List<ExecutableElement> found = new ArrayList<>(members.methods());
    ElementFilter.methodsIn(type.getEnclosedElements()).stream()
        .filter(method -> !found.contains(method))
        .forEach(found::add);
    // Compilers list inherited and own methods in orders of their own.
    List<? extends Element> written = type.getEnclosedElements();
    found.sort(Comparator.comparingInt(method -> written.indexOf(method)));
    return found;
  }

  private boolean marked(VariableElement parameter) {
    return AnnotationUse.find(parameter, BitfoldNames.INPUT).isPresent()
        || annotations.isQuantized(parameter);
  }

  /** The method with its marked parameters. */
  DeclaredForward declared(ExecutableElement method) {
    for (Modifier hidden : List.of(Modifier.PRIVATE, Modifier.STATIC)) {
      if (method.getModifiers().contains(hidden)) {
        problems.add(
            ProblemId.FORWARD_INACCESSIBLE,
            Place.at(method),
            type.getSimpleName(),
            TypeText.signature(method),
            hidden,
            hidden == Modifier.STATIC ? "take static off" : "make it public");
      }
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
    List<DeclaredTensor> inputs = new ArrayList<>();
    for (VariableElement parameter : method.getParameters()) {
      Unresolved.refuse(parameter.asType());
      if (marked(parameter)) {
        input(parameter).ifPresentOrElse(inputs::add, () -> broken = true);
      }
    }
    Unresolved.refuse(method.getReturnType());
    return new DeclaredForward(method, inputs);
  }

  /** What calls the method's tensors twice into the quantizers, or past them. */
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
                    way.certain() ? "calls itself" : "may call itself (overloads look alike)",
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

  private Optional<DeclaredTensor> input(VariableElement parameter) {
    String name = parameter.getSimpleName().toString();
    AnnotationUse use =
        AnnotationUse.find(parameter, BitfoldNames.INPUT)
            .orElseGet(() -> annotations.firstQuantizer(parameter));
    List<QuantizerUse> quantizers = annotations.quantizers(parameter, TensorKind.INPUT);
    if (!annotations.checkType(name, parameter.asType(), use)) {
      return Optional.empty();
    }
    Optional<Layout> layout =
        use.is(BitfoldNames.INPUT)
            ? annotations.layout(use, TensorKind.INPUT, name)
            : Optional.of(Layout.UNKNOWN);
    return Optional.of(
        new DeclaredTensor(
            name,
            TensorKind.INPUT,
            false,
            Language.isVariable(parameter.asType()),
            layout,
            quantizers,
            use.place()));
  }
}
