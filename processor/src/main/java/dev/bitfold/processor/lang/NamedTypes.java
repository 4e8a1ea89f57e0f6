package dev.bitfold.processor.lang;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.TypeParameterElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.ExecutableType;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.type.WildcardType;

/** Finds the classes that code names when it writes a type or repeats a signature. */
public final class NamedTypes {
  private NamedTypes() {}

  /** Returns the class of a type, and those of its type arguments. */
  public static List<DeclaredType> in(TypeMirror type) {
    List<DeclaredType> found = new ArrayList<>();
    collect(type, found);
    return found;
  }

  /** Returns the classes in a method's parameters, result, exceptions and type variables. */
  public static List<DeclaredType> inSignature(
      Language language, TypeElement from, ExecutableElement method) {
    ExecutableType seen = (ExecutableType) language.memberType(from, method);
    List<DeclaredType> found = new ArrayList<>(inBounds(method.getTypeParameters()));
    collect(seen.getReturnType(), found);
    seen.getParameterTypes().forEach(parameter -> collect(parameter, found));
    seen.getThrownTypes().forEach(thrown -> collect(thrown, found));
    return found;
  }

  /** Returns the classes in the bounds of type variables. */
  public static List<DeclaredType> inBounds(List<? extends TypeParameterElement> variables) {
    List<DeclaredType> found = new ArrayList<>();
    variables.forEach(variable -> variable.getBounds().forEach(bound -> collect(bound, found)));
    return found;
  }

  private static void collect(TypeMirror type, List<DeclaredType> found) {
    switch (type.getKind()) {
      case ARRAY -> collect(((ArrayType) type).getComponentType(), found);
      case WILDCARD -> {
        WildcardType wildcard = (WildcardType) type;
        Stream.of(wildcard.getExtendsBound(), wildcard.getSuperBound())
            .filter(Objects::nonNull)
            .forEach(bound -> collect(bound, found));
      }
      case DECLARED -> {
        DeclaredType declared = (DeclaredType) type;
        found.add(declared);
        declared.getTypeArguments().forEach(argument -> collect(argument, found));
        collect(declared.getEnclosingType(), found);
      }
      default -> {
        // Nothing to add: primitives, and type variables, whose bounds are written where they are
        // declared.
      }
    }
  }
}
