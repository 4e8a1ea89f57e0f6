package dev.bitfold.processor.model;

import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeVariableName;
import java.util.List;
import javax.lang.model.element.Modifier;

/**
 * Describes a method that a wrapper overrides or delegates.
 *
 * @param name its name
 * @param access public, protected, or nothing
 * @param typeVariables its own type variables
 * @param returns its result type
 * @param parameters its parameters
 * @param varargs whether it has a variable number of arguments
 * @param exceptions the exceptions that it throws
 */
public record MethodModel(
    String name,
    List<Modifier> access,
    List<TypeVariableName> typeVariables,
    TypeName returns,
    List<ParameterModel> parameters,
    boolean varargs,
    List<TypeName> exceptions) {
  /**
   * Describes a parameter.
   *
   * @param name its name
   * @param type its type
   */
  public record ParameterModel(String name, TypeName type) {}
}
