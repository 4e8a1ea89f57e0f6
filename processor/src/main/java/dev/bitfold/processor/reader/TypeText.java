package dev.bitfold.processor.reader;

import java.util.stream.Collectors;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.TypeMirror;

/** Writes types as in source code, without packages. */
public final class TypeText {
  private TypeText() {}

  /** Returns {@code List<INDArray>}. */
  public static String of(TypeMirror type) {
    return type.toString()
        .replaceAll("\\([^()]*@[^()]*\\)|@[\\w.]+(\\([^()]*\\))? ?", "")
        .replaceAll("[\\w.]*\\.(\\w+)", "$1")
        .replace(",", ", ")
        .trim();
  }

  /** Returns {@code a List<Linear>}, {@code an INDArray}. */
  public static String withArticle(TypeMirror type) {
    return withArticle(of(type));
  }

  /** Returns {@code a record}, {@code an enum}. SD is read letter by letter, and U as in "unit". */
  public static String withArticle(String noun) {
    boolean vowel = noun.startsWith("SD") || "AEIOaeio".indexOf(noun.charAt(0)) >= 0;
    return (vowel ? "an " : "a ") + noun;
  }

  /** Returns {@code forward(INDArray, boolean)}. */
  public static String signature(ExecutableElement method) {
    return method.getSimpleName() + parameters(method);
  }

  /** Returns {@code Linear(INDArray, boolean)} for a constructor. */
  public static String signature(TypeElement type, ExecutableElement constructor) {
    return type.getSimpleName() + parameters(constructor);
  }

  private static String parameters(ExecutableElement method) {
    return method.getParameters().stream()
        .map(p -> of(p.asType()))
        .collect(Collectors.joining(", ", "(", ")"));
  }

  /** Returns {@code a record} or {@code final}: the reason why a class has no subclass. */
  public static String finality(TypeElement type) {
    return type.getKind() == ElementKind.RECORD ? "a record" : "final";
  }
}
