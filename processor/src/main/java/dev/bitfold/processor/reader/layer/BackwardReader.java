package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.VariableElement;

/** Finds the methods that compute a layer's gradients, by their result type. */
final class BackwardReader {
  private static final String BACKWARD = "backward";

  private final Language language;

  BackwardReader(Language language) {
    this.language = language;
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
    return found;
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
