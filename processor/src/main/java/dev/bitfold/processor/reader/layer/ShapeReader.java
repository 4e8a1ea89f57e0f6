package dev.bitfold.processor.reader.layer;

import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;

/**
 * Decides what stands in for a layer: a subclass of an open class; of a final class or record a
 * wrapper behind its interfaces, or itself where only weights are quantized.
 */
public final class ShapeReader {
  private final Language language;
  private final TypeElement type;
  private final Members members;
  private final Problems problems;

  ShapeReader(Language language, TypeElement type, Members members, Problems problems) {
    this.language = language;
    this.type = type;
    this.members = members;
    this.problems = problems;
  }

  LayerShape read(
      boolean quantizesActivations,
      Optional<DeclaredForward> forward,
      Optional<DeclaredBackward> backward) {
    if (!type.getModifiers().contains(Modifier.FINAL)) {
      return new LayerShape.Subclass();
    }
    return forward.isPresent() && (quantizesActivations || backward.isPresent())
        ? wrapper(forward.get().method(), backward.map(DeclaredBackward::method))
        : new LayerShape.Rebuilt();
  }

  private LayerShape wrapper(ExecutableElement forward, Optional<ExecutableElement> backward) {
    boolean reachable = false;
    boolean trainable = backward.isEmpty();
    Map<String, MethodModel> delegated = new LinkedHashMap<>();
    for (DeclaredType parent : language.interfaces(type)) {
      for (ExecutableElement declared :
          ElementFilter.methodsIn(parent.asElement().getEnclosedElements())) {
        Optional<ExecutableElement> implementation = implementation(declared);
        if (implementation.isEmpty()) {
          continue;
        }
        if (implementation.get().equals(forward)) {
          reachable = true;
        } else if (backward.isPresent() && implementation.get().equals(backward.get())) {
          trainable = true;
        } else {
          delegate(implementation.get(), delegated);
        }
      }
    }
    if (!reachable) {
      problems.add(
          ProblemId.FINAL_WITHOUT_INTERFACE,
          Place.at(type),
          type.getSimpleName(),
          kind(type),
          TypeText.signature(forward));
    }
    if (!trainable) {
      problems.add(
          ProblemId.BACKWARD_WITHOUT_INTERFACE,
          Place.at(type),
          type.getSimpleName(),
          kind(type),
          TypeText.signature(backward.get()));
    }
    return new LayerShape.Wrapper(interfaces(), List.copyOf(delegated.values()));
  }

  /** The class's own implementation of an interface's method; a default one is inherited. */
  private Optional<ExecutableElement> implementation(ExecutableElement declared) {
    if (declared.getModifiers().contains(Modifier.STATIC)
        || declared.getModifiers().contains(Modifier.PRIVATE)) {
      return Optional.empty();
    }
    return members.methods().stream()
        .filter(method -> !Language.owner(method).getKind().isInterface())
        .filter(method -> language.elements().overrides(method, declared, type))
        .findFirst();
  }

  private void delegate(ExecutableElement method, Map<String, MethodModel> delegated) {
    boolean takesTensor =
        method.getParameters().stream()
            .anyMatch(p -> Language.isTensor(p.asType()) || Language.isVariable(p.asType()));
    if (takesTensor) {
      problems.add(
          ProblemId.OTHER_TENSOR_METHOD,
          Place.at(method),
          type.getSimpleName(),
          kind(type),
          TypeText.signature(method));
    }
    delegated.put(TypeText.signature(method), MethodReader.read(language, type, method));
  }

  private List<TypeName> interfaces() {
    List<TypeName> names = new ArrayList<>();
    for (TypeElement owner : language.chain(type)) {
      for (TypeMirror parent : owner.getInterfaces()) {
        TypeName name = TypeName.get(seen(parent));
        if (!names.contains(name)) {
          names.add(name);
        }
      }
    }
    return names;
  }

  /** An interface with the type arguments that it has in the class. */
  private TypeMirror seen(TypeMirror parent) {
    return language.interfaces(type).stream()
        .filter(i -> i.asElement().equals(((DeclaredType) parent).asElement()))
        .findFirst()
        .map(TypeMirror.class::cast)
        .orElse(parent);
  }

  /** {@code a record} or {@code final}. */
  public static String kind(TypeElement type) {
    return type.getKind() == ElementKind.RECORD ? "a record" : "final";
  }
}
