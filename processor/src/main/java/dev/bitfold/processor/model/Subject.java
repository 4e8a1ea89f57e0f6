package dev.bitfold.processor.model;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeVariableName;
import java.util.List;
import java.util.Set;

/**
 * Describes the class that code is generated for.
 *
 * @param type the class
 * @param source the class that carries the annotations: the class itself, or its mix-in
 * @param generated the generated class
 * @param self the class with its own type variables as arguments
 * @param typeVariables its type variables
 * @param isPublic whether code in other packages can name it
 * @param nestedNames the names that mean one of its nested classes in a subclass
 * @param methodNames the names of its methods, including inherited ones
 * @param shadowedNames the names of {@code java.lang} that mean a class in the same package
 * @param suppressions the warnings that generated code beside it would raise because of the user's
 *     code
 * @param hasGenerated whether {@code @Generated} is visible from it
 */
public record Subject(
    ClassName type,
    ClassName source,
    ClassName generated,
    TypeName self,
    List<TypeVariableName> typeVariables,
    boolean isPublic,
    Set<String> nestedNames,
    Set<String> methodNames,
    Set<String> shadowedNames,
    Set<String> suppressions,
    boolean hasGenerated) {
  /** Returns whether it has type variables. */
  public boolean isGeneric() {
    return !typeVariables.isEmpty();
  }

  /** Returns the name, with underscores appended if it is already the name of a method. */
  public String unusedMethodName(String name) {
    return methodNames.contains(name) ? unusedMethodName(name + "_") : name;
  }
}
