package dev.bitfold.processor.reader.creator;

import dev.bitfold.processor.lang.AnnotationUse;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.VariableElement;

/** Tells how a class is rebuilt, or why it cannot be rebuilt. */
public sealed interface Creation {
  /** A constructor was found. */
  record Found(Creator constructor) implements Creation {}

  /**
   * The only possible constructor has parameters whose values cannot be read.
   *
   * @param constructor the constructor
   * @param parameters the parameters whose values cannot be read
   */
  record Unreadable(ExecutableElement constructor, List<VariableElement> parameters)
      implements Creation {}

  /** Each of two constructors carries something that the other does not carry. */
  record Ambiguous(Creator one, Creator other) implements Creation {}

  /**
   * There is no such constructor.
   *
   * @param hidden a private constructor that would be suitable
   */
  record Missing(Optional<ExecutableElement> hidden) implements Creation {}

  /** The marked constructor is private. */
  record Private(AnnotationUse mark) implements Creation {}

  /**
   * Two constructors are marked.
   *
   * @param mark the mark of the second one
   */
  record MarkedTwice(AnnotationUse mark) implements Creation {}

  /** Lombok may add the constructor, which other processors do not see. */
  record ByLombok(AnnotationUse lombok) implements Creation {}

  /** Returns the constructor; empty if none was found. */
  default Optional<Creator> creator() {
    return this instanceof Found found ? Optional.of(found.constructor()) : Optional.empty();
  }
}
