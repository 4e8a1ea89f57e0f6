package dev.bitfold.processor.model;

import com.palantir.javapoet.TypeName;
import java.util.List;
import java.util.Optional;

/**
 * A model class.
 *
 * @param subject the class
 * @param arguments the arguments that build it again
 * @param folds what {@code @SmoothInto} says
 * @param constructorThrows the checked exceptions of that constructor
 */
public record ModelModel(
    Subject subject,
    List<ComponentArgument> arguments,
    List<Fold> folds,
    List<TypeName> constructorThrows) {
  /**
   * A component and the consumers of its output.
   *
   * @param source the component
   * @param consumers paths of layers, relative to the model
   */
  public record Fold(String source, List<String> consumers) {}

  /**
   * An argument of the constructor.
   *
   * @param name the parameter, the component's name
   * @param accessor how it is read
   * @param type its type; empty if generated code cannot name it
   * @param component what becomes of it
   */
  public record ComponentArgument(
      String name, Accessor accessor, Optional<TypeName> type, ComponentModel component) {}
}
