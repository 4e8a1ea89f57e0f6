package dev.bitfold.processor.reader;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.NamedTypes;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.ExecutableType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.type.WildcardType;
import org.jspecify.annotations.Nullable;

/**
 * Collects what generated code names, calls and repeats of the user's code, and therefore the
 * warnings that it would raise. Eclipse's compiler warns about suppressions that are not needed, so
 * only these warnings are suppressed.
 */
public final class Mentions {
  private final Language language;
  private final TypeElement from;
  private final Set<String> suppressions = new TreeSet<>();

  /** Collects for the code that is generated for a class. */
  public Mentions(Language language, TypeElement from) {
    this.language = language;
    this.from = from;
  }

  /** Adds the class itself and the bounds of its type variables. */
  public void subject() {
    type(from.asType());
    types(NamedTypes.inBounds(from.getTypeParameters()));
  }

  /** Adds a type that is written in the code. */
  public void type(TypeMirror type) {
    types(NamedTypes.in(type));
  }

  private void types(Collection<DeclaredType> types) {
    for (DeclaredType type : types) {
      for (@Nullable Element e = type.asElement();
          e instanceof TypeElement;
          e = e.getEnclosingElement()) {
        member(e);
      }
      if (isForRemoval(type.asElement()) && !type.getTypeArguments().isEmpty()) {
        suppressions.add("deprecation"); // What Eclipse's compiler calls such a type.
      }
      if (isRaw(type)) {
        suppressions.add("rawtypes");
      }
    }
  }

  /** Adds a class or member that is used. */
  public void member(Element member) {
    if (language.elements().isDeprecated(member)) {
      suppressions.add(isForRemoval(member) ? "removal" : "deprecation");
    }
  }

  /** Adds a method that is overridden with the same signature, and called. */
  public void signature(ExecutableElement method) {
    member(method);
    types(NamedTypes.inSignature(language, from, method));
    List<? extends TypeMirror> parameters =
        ((ExecutableType) language.memberType(from, method)).getParameterTypes();
    if (method.isVarArgs()
        && !isReifiable(((ArrayType) parameters.get(parameters.size() - 1)).getComponentType())) {
      suppressions.add("unchecked");
    }
  }

  /** Adds a value that is passed to a parameter. */
  public void argument(TypeMirror value, TypeMirror parameter) {
    boolean primitive = value.getKind().isPrimitive() || parameter.getKind().isPrimitive();
    if (!primitive && !language.types().isSubtype(value, parameter)) {
      suppressions.add("unchecked"); // It is assignable, so only its type arguments can be missing.
    }
  }

  /** Adds a class or interface that the code is a subtype of. */
  public void supertype(TypeMirror type) {
    type(type);
    language
        .find("java.io.Serializable")
        .filter(serializable -> language.types().isSubtype(type, serializable.asType()))
        .ifPresent(serializable -> suppressions.add("serial"));
  }

  /** Returns the names of the warnings. */
  Set<String> suppressions() {
    return suppressions;
  }

  private static boolean isForRemoval(Element element) {
    for (AnnotationMirror mirror : element.getAnnotationMirrors()) {
      TypeElement type = (TypeElement) mirror.getAnnotationType().asElement();
      if (type.getQualifiedName().contentEquals("java.lang.Deprecated")) {
        return mirror.getElementValues().entrySet().stream()
            .anyMatch(
                e ->
                    e.getKey().getSimpleName().contentEquals("forRemoval")
                        && Boolean.TRUE.equals(e.getValue().getValue()));
      }
    }
    return false;
  }

  private static boolean isRaw(DeclaredType type) {
    return type.getTypeArguments().isEmpty()
        && !((TypeElement) type.asElement()).getTypeParameters().isEmpty();
  }

  private static boolean isReifiable(TypeMirror type) {
    return switch (type.getKind()) {
      case ARRAY -> isReifiable(((ArrayType) type).getComponentType());
      case TYPEVAR -> false;
      case DECLARED ->
          ((DeclaredType) type)
              .getTypeArguments().stream()
                  .allMatch(
                      argument ->
                          argument.getKind() == TypeKind.WILDCARD
                              && ((WildcardType) argument).getExtendsBound() == null
                              && ((WildcardType) argument).getSuperBound() == null);
      default -> true;
    };
  }
}
