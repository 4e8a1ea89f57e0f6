package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.TensorKind;
import java.util.ArrayList;
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
  private final List<MemberQuantizers> quantizersAlone = new ArrayList<>();
  private final Set<String> unreadable = new HashSet<>();

  TensorReader(
      Language language, TypeElement type, TensorAnnotations annotations, Problems problems) {
    this.language = language;
    this.type = type;
    this.annotations = annotations;
    this.problems = problems;
    if (type.getKind() == ElementKind.RECORD) {
      for (RecordComponentElement component : type.getRecordComponents()) {
        member(component, component.getSimpleName().toString(), component.asType());
      }
    } else {
      language.chain(type).forEach(this::classMembers);
    }
    // A quantizer may be on another member than the weight's annotation, such as the constructor's
    // parameter.
    for (MemberQuantizers member : quantizersAlone) {
      tensors.computeIfPresent(member.tensor(), (name, tensor) -> tensor.with(member));
    }
  }

  /** Returns the tensors. */
  List<DeclaredTensor> tensors() {
    return List.copyOf(tensors.values());
  }

  /** Returns the quantizers on members that are not marked as tensors anywhere. */
  List<MemberQuantizers> loneQuantizers() {
    return quantizersAlone.stream()
        .filter(member -> !tensors.containsKey(member.tensor()))
        .filter(member -> !unreadable.contains(member.tensor()))
        .toList();
  }

  /** Returns whether a member is marked as a tensor but is not one, which has been reported. */
  boolean hasUnreadable() {
    return !unreadable.isEmpty();
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
          member(parameter, language.name(parameter), parameter.asType());
        }
      }
    }
  }

  private void member(Element member, String name, TypeMirror memberType) {
    Element element = language.annotated(member);
    MemberQuantizers quantizers = annotations.quantizers(element, name);
    boolean marked = false;
    for (TensorKind kind : List.of(TensorKind.WEIGHT, TensorKind.BIAS)) {
      Optional<AnnotationUse> use = AnnotationUse.find(element, TensorDeclaration.annotation(kind));
      if (use.isPresent()) {
        declared(name, kind, memberType, use.get());
        marked = true;
      }
    }
    if (marked) {
      tensors.computeIfPresent(name, (same, tensor) -> tensor.with(quantizers));
    } else if (!quantizers.isEmpty()) {
      quantizersAlone.add(quantizers);
    }
  }

  private void declared(String name, TensorKind kind, TypeMirror memberType, AnnotationUse use) {
    boolean several = TensorTypes.isSeveral(memberType);
    if (!several && !TensorTypes.isReadable(name, memberType, use, problems)) {
      unreadable.add(name);
      return;
    }
    TensorDeclaration declaration =
        new TensorDeclaration(
            kind,
            memberType,
            several,
            Language.isVariable(memberType),
            annotations.layout(use),
            use);
    DeclaredTensor known = tensors.get(name);
    tensors.put(
        name,
        known == null
            ? new DeclaredTensor(name, List.of(declaration), List.of())
            : known.with(declaration));
  }
}
