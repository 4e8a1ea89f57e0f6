package dev.bitfold.processor.model;

import com.palantir.javapoet.TypeName;
import java.util.List;

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
   * A component and the layers that read its output.
   *
   * @param source the component
   * @param readers paths of layers, relative to the model
   */
  public record Fold(String source, List<String> readers) {}

  /**
   * An argument of the constructor.
   *
   * @param name the parameter, the component's name
   * @param accessor how it is read
   * @param type its type
   * @param component what becomes of it
   */
  public record ComponentArgument(
      String name, Accessor accessor, TypeName type, ComponentModel component) {}
}
