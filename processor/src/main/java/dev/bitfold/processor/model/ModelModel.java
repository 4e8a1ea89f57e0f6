package dev.bitfold.processor.model;

import com.palantir.javapoet.TypeName;
import java.util.List;
import java.util.Optional;

/**
 * Describes a model class.
 *
 * @param subject the class
 * @param arguments the arguments of the constructor that rebuilds it
 * @param folds the folds that {@code @SmoothInto} describes
 * @param constructorThrows the checked exceptions of that constructor
 */
public record ModelModel(
    Subject subject,
    List<ComponentArgument> arguments,
    List<Fold> folds,
    List<TypeName> constructorThrows) {
  /**
   * Describes a component and the consumers of its output.
   *
   * @param source the component
   * @param consumers the paths of layers, relative to the model
   */
  public record Fold(String source, List<String> consumers) {}

  /**
   * Describes an argument of the constructor.
   *
   * @param name the name of the parameter and of the component
   * @param accessor how the value is read
   * @param type its type; empty if generated code cannot name it
   * @param component what happens to it
   */
  public record ComponentArgument(
      String name, Accessor accessor, Optional<TypeName> type, ComponentModel component) {}
}
