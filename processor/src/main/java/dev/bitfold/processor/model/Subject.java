package dev.bitfold.processor.model;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeVariableName;
import java.util.List;
import java.util.Set;

/**
 * The class that code is generated for.
 *
 * @param type the class
 * @param generated the class that is written for it
 * @param self the class with its own type variables as arguments
 * @param typeVariables its type variables
 * @param isPublic whether code of other packages can name it
 * @param nestedNames names that mean a nested class of it in a subclass
 * @param methodNames the names of its methods, inherited ones included
 * @param shadowedNames names of {@code java.lang} that mean a class beside it
 * @param suppressions the warnings that code beside it would raise through no fault of its own
 * @param hasGenerated whether {@code @Generated} can be seen from it
 */
public record Subject(
    ClassName type,
    ClassName generated,
    TypeName self,
    List<TypeVariableName> typeVariables,
    boolean isPublic,
    Set<String> nestedNames,
    Set<String> methodNames,
    Set<String> shadowedNames,
    Set<String> suppressions,
    boolean hasGenerated) {
  /** Whether it has type variables. */
  public boolean isGeneric() {
    return !typeVariables.isEmpty();
  }

  /** Returns the name, with signs behind it if it is the name of a method already. */
  public String unusedMethodName(String name) {
    return methodNames.contains(name) ? unusedMethodName(name + "_") : name;
  }
}
