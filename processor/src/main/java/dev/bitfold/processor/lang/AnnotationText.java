package dev.bitfold.processor.lang;

import java.util.List;
import java.util.stream.Collectors;
import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.SimpleAnnotationValueVisitor14;
import org.jspecify.annotations.Nullable;

/** Writes annotations as source code. */
public final class AnnotationText extends SimpleAnnotationValueVisitor14<String, @Nullable Void> {
  private static final AnnotationText WRITER = new AnnotationText();

  private AnnotationText() {}

  /** Returns the elements that are written: {@code bits = 4, per = "O"}. */
  public static String elements(AnnotationMirror annotation) {
    return String.join(", ", each(annotation));
  }

  /** Returns the elements that are written, one by one: {@code bits = 4} and {@code per = "O"}. */
  static List<String> each(AnnotationMirror annotation) {
    return annotation.getElementValues().entrySet().stream()
        .map(e -> e.getKey().getSimpleName() + " = " + e.getValue().accept(WRITER, null))
        .toList();
  }

  @Override
  protected String defaultAction(Object value, @Nullable Void unused) {
    return value.toString();
  }

  @Override
  public String visitString(String value, @Nullable Void unused) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  @Override
  public String visitEnumConstant(VariableElement constant, @Nullable Void unused) {
    return Language.owner(constant).getSimpleName() + "." + constant.getSimpleName();
  }

  @Override
  public String visitType(TypeMirror type, @Nullable Void unused) {
    return type + ".class";
  }

  @Override
  public String visitAnnotation(AnnotationMirror annotation, @Nullable Void unused) {
    return "@"
        + annotation.getAnnotationType().asElement().getSimpleName()
        + "("
        + elements(annotation)
        + ")";
  }

  @Override
  public String visitArray(List<? extends AnnotationValue> values, @Nullable Void unused) {
    String inside =
        values.stream().map(value -> value.accept(this, null)).collect(Collectors.joining(", "));
    return values.size() == 1 ? inside : "{" + inside + "}";
  }
}
