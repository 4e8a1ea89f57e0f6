package dev.bitfold.processor.validation.layer;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;

/**
 * Checks that a sealed type above a layer permits the layer's wrapper. javac shows permitted types
 * before they exist, so the check runs before the wrapper is written. Eclipse's compiler leaves out
 * types that do not exist, so there the check runs in the round after the wrapper is written.
 */
final class SealedRules {
  private final Language language;

  SealedRules(Language language) {
    this.language = language;
  }

  /** Checks the sealed types above a layer whose wrapper is to be written. */
  void checkLayer(TypeElement type, LayerModel layer, Problems problems) {
    if (!language.bodies().visible()) {
      return; // checkWrapper does it.
    }
    ClassName wrapper = layer.subject().generated();
    if (layer.shape() instanceof LayerShape.Subclass) {
      check(type, type, wrapper.simpleName(), problems);
    } else if (layer.shape() instanceof LayerShape.Wrapper) {
      for (TypeElement owner : language.chain(type)) {
        for (TypeMirror parent : owner.getInterfaces()) {
          Language.declared(parent).ifPresent(p -> check(p, type, wrapper.simpleName(), problems));
        }
      }
    }
  }

  /** Checks the sealed types above a wrapper of this compilation. */
  void checkWrapper(TypeElement wrapper, Problems problems) {
    if (language.bodies().visible()
        || AnnotationUse.find(wrapper, BitfoldNames.GENERATED_LAYER).isEmpty()) {
      return;
    }
    List<TypeMirror> parents = new ArrayList<>(wrapper.getInterfaces());
    parents.add(wrapper.getSuperclass());
    for (TypeMirror parent : parents) {
      Language.declared(parent)
          .ifPresent(
              p ->
                  check(
                      p, madeFor(wrapper).orElse(p), wrapper.getSimpleName().toString(), problems));
    }
  }

  private static Optional<TypeElement> madeFor(TypeElement wrapper) {
    return ElementFilter.methodsIn(wrapper.getEnclosedElements()).stream()
        .filter(m -> m.getSimpleName().contentEquals("type") && m.getParameters().isEmpty())
        .map(m -> m.getReturnType())
        .filter(DeclaredType.class::isInstance)
        .flatMap(t -> ((DeclaredType) t).getTypeArguments().stream().limit(1))
        .flatMap(t -> Language.declared(t).stream())
        .findFirst();
  }

  private static void check(
      TypeElement parent, TypeElement layer, String wrapper, Problems problems) {
    if (!parent.getModifiers().contains(Modifier.SEALED)) {
      return;
    }
    List<String> permitted =
        parent.getPermittedSubclasses().stream()
            .map(TypeMirror::toString)
            .map(name -> name.substring(name.lastIndexOf('.') + 1))
            .collect(Collectors.toCollection(ArrayList::new));
    if (!permitted.contains(wrapper)) {
      permitted.add(wrapper);
      problems.add(
          ProblemId.SEALED_WITHOUT_WRAPPER,
          Place.at(parent),
          layer.getSimpleName(),
          parent.getSimpleName(),
          wrapper,
          String.join(", ", permitted));
    }
  }
}
