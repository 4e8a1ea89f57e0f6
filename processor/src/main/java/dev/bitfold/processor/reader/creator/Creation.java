package dev.bitfold.processor.reader.creator;

import dev.bitfold.processor.lang.AnnotationUse;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.VariableElement;

/** How a class is built again, or why it cannot be. */
public sealed interface Creation {
  /** By a constructor. */
  record Found(Creator constructor) implements Creation {}

  /**
   * Not by the one constructor that comes into question: values of parameters cannot be read.
   *
   * @param constructor it
   * @param parameters those whose values cannot be read
   */
  record Unreadable(ExecutableElement constructor, List<VariableElement> parameters)
      implements Creation {}

  /** By two constructors, each of which carries something that the other does not. */
  record Ambiguous(Creator one, Creator other) implements Creation {}

  /**
   * By no constructor.
   *
   * @param hidden a private one that would do
   */
  record Missing(Optional<ExecutableElement> hidden) implements Creation {}

  /** Not by the constructor that is marked: it is private. */
  record Private(AnnotationUse mark) implements Creation {}

  /** Two constructors are marked; this is the mark of the second. */
  record MarkedTwice(AnnotationUse mark) implements Creation {}

  /** By a constructor that Lombok writes, perhaps: other processors do not see it. */
  record ByLombok(AnnotationUse lombok) implements Creation {}

  /** Returns the constructor, if there is one. */
  default Optional<Creator> creator() {
    return this instanceof Found found ? Optional.of(found.constructor()) : Optional.empty();
  }
}
