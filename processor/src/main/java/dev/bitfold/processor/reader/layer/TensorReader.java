package dev.bitfold.processor.reader.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.TensorKind;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.RecordComponentElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;

/**
 * Finds the weights and biases of a layer: on fields, accessors and constructor parameters of the
 * class and its superclasses, or on a record's components.
 */
final class TensorReader {
  private final Language language;
  private final TypeElement type;
  private final TensorAnnotations annotations;
  private final Problems problems;
  private final Map<String, DeclaredTensor> tensors = new LinkedHashMap<>();
  private final Map<Element, String> quantizedOnly = new LinkedHashMap<>();
  private final Set<String> broken = new HashSet<>();

  TensorReader(
      Language language, TypeElement type, TensorAnnotations annotations, Problems problems) {
    this.language = language;
    this.type = type;
    this.annotations = annotations;
    this.problems = problems;
  }

  List<DeclaredTensor> read() {
    if (type.getKind() == ElementKind.RECORD) {
      for (RecordComponentElement component : type.getRecordComponents()) {
        member(component, component.getSimpleName().toString(), component.asType());
      }
    } else {
      language.chain(type).forEach(this::classMembers);
    }
    quantizedOnly.forEach(this::addQuantizers);
    return List.copyOf(tensors.values());
  }

  /** Whether a member is marked as a tensor and is none, which is reported. */
  boolean hasBroken() {
    return !broken.isEmpty();
  }

  private void classMembers(TypeElement owner) {
    for (VariableElement field : ElementFilter.fieldsIn(owner.getEnclosedElements())) {
      if (!field.getModifiers().contains(Modifier.STATIC)) {
        member(field, field.getSimpleName().toString(), language.memberType(type, field));
      }
    }
    for (ExecutableElement method : ElementFilter.methodsIn(owner.getEnclosedElements())) {
      if (Members.isAccessor(method)) {
        member(method, Members.property(method), method.getReturnType());
      }
    }
    if (owner.equals(type)) {
      for (ExecutableElement creator : ElementFilter.constructorsIn(type.getEnclosedElements())) {
        for (VariableElement parameter : creator.getParameters()) {
          member(parameter, parameter.getSimpleName().toString(), parameter.asType());
        }
      }
    }
  }

  private void member(Element element, String name, TypeMirror memberType) {
    boolean marked = false;
    for (TensorKind kind : List.of(TensorKind.WEIGHT, TensorKind.BIAS)) {
      Optional<AnnotationUse> use = AnnotationUse.find(element, TensorAnnotations.annotation(kind));
      marked |= use.isPresent();
      boolean several = TensorAnnotations.isSeveral(memberType);
      if (use.isPresent() && !several && !annotations.checkType(name, memberType, use.get())) {
        broken.add(name);
      } else if (use.isPresent()) {
        add(
            new DeclaredTensor(
                name,
                kind,
                several,
                Language.isVariable(memberType),
                annotations.layout(use.get(), kind, name),
                annotations.quantizers(element, kind),
                use.get().place()),
            use.get());
      }
    }
    if (!marked && annotations.isQuantized(element)) {
      quantizedOnly.put(element, name);
    }
  }

  /** Quantizers on another member of the same name: the weight's constructor parameter, say. */
  private void addQuantizers(Element element, String name) {
    DeclaredTensor known = tensors.get(name);
    if (known != null) {
      tensors.put(name, known.with(annotations.quantizers(element, known.kind())));
    } else if (!broken.contains(name)) {
      AnnotationUse use = annotations.firstQuantizer(element);
      problems.add(
          ProblemId.MISPLACED,
          use.place(),
          use.label(),
          name + " is no @Weight",
          "mark it, as @Weight(layout = \"OI\"), or take it off");
    }
  }

  private void add(DeclaredTensor tensor, AnnotationUse use) {
    DeclaredTensor known = tensors.get(tensor.name());
    if (known == null) {
      tensors.put(tensor.name(), tensor);
      return;
    }
    Optional<Layout> layout = known.layout();
    if (known.kind() != tensor.kind() || contradict(known.layout(), tensor.layout())) {
      problems.add(
          ProblemId.TENSOR_DECLARED_TWICE,
          use.place("layout"),
          type.getSimpleName(),
          tensor.name(),
          words(tensor),
          words(known));
    } else if (layout.filter(Layout::isUnknown).isPresent()) {
      layout = tensor.layout();
    }
    DeclaredTensor merged =
        new DeclaredTensor(
            known.name(),
            known.kind(),
            known.several() || tensor.several(),
            known.variable(),
            layout,
            known.quantizers(),
            known.place());
    tensors.put(known.name(), merged.with(tensor.quantizers()));
  }

  private static boolean contradict(Optional<Layout> one, Optional<Layout> other) {
    return one.isPresent()
        && other.isPresent()
        && !one.get().isUnknown()
        && !other.get().isUnknown()
        && !one.equals(other);
  }

  private static String words(DeclaredTensor tensor) {
    return "@"
        + TensorAnnotations.annotation(tensor.kind()).simpleName()
        + tensor
            .layout()
            .filter(layout -> !layout.isUnknown())
            .map(layout -> "(layout = \"" + layout + "\")")
            .orElse("");
  }
}
