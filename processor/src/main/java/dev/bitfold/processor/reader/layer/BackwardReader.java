package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;

/**
 * Finds the methods that compute a layer's gradients, by their result type. Without one, a method
 * of that name that takes a tensor is most likely meant to compute them.
 */
final class BackwardReader {
  private static final String BACKWARD = "backward";

  private final Language language;
  private final TypeElement type;
  private final Members members;

  BackwardReader(Language language, TypeElement type, Members members) {
    this.language = language;
    this.type = type;
    this.members = members;
  }

  /**
   * Returns these methods of a class.
   *
   * @param forwards the methods whose gradients they can compute
   */
  List<DeclaredBackward> read(List<ExecutableElement> methods, List<DeclaredForward> forwards) {
    List<DeclaredBackward> found = new ArrayList<>();
    for (ExecutableElement method : methods) {
      if (method.getSimpleName().contentEquals(BACKWARD)) {
        Unresolved.refuse(method.getReturnType());
        if (Language.is(method.getReturnType(), BitfoldNames.GRADIENTS)) {
          found.add(
              new DeclaredBackward(
                  method,
                  forwards.stream()
                      .map(DeclaredForward::method)
                      .filter(forward -> fits(method, forward))
                      .findFirst()));
        }
      }
    }
    return found.isEmpty() ? meant(methods) : found;
  }

  /** What an interface or a superclass asks for has a meaning of its own. */
  private List<DeclaredBackward> meant(List<ExecutableElement> methods) {
    return methods.stream()
        .filter(method -> method.getSimpleName().contentEquals(BACKWARD))
        .filter(method -> Language.owner(method).equals(type))
        .filter(
            method -> method.getParameters().stream().anyMatch(p -> Language.isTensor(p.asType())))
        .filter(method -> method.getAnnotation(Override.class) == null)
        .filter(method -> !members.implementations().contains(method))
        .map(method -> new DeclaredBackward(method, Optional.empty()))
        .toList();
  }

  /**
   * Returns whether {@code backward} takes the parameters of {@code forward} and the gradient of
   * its result.
   */
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
}
