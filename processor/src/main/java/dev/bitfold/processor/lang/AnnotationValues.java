package dev.bitfold.processor.lang;

import java.util.List;
import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.TypeMirror;

/**
 * Reads values of annotations. A value of the wrong type is in code that does not compile, or names
 * a type that does not exist yet: {@link UnresolvedTypeException}.
 */
public final class AnnotationValues {
  private AnnotationValues() {}

  /** Returns the elements of an array. A single value counts as an array of one. */
  public static List<? extends AnnotationValue> list(AnnotationValue value) {
    if (value.getValue() instanceof List<?> values) {
      return values.stream().map(one -> as(AnnotationValue.class, one)).toList();
    }
    return List.of(value);
  }

  /** Returns an array of int. */
  public static int[] ints(AnnotationValue value) {
    return list(value).stream().mapToInt(AnnotationValues::integer).toArray();
  }

  /** Returns an array of double. */
  public static double[] doubles(AnnotationValue value) {
    return list(value).stream().mapToDouble(AnnotationValues::number).toArray();
  }

  /** Returns an int. */
  public static int integer(AnnotationValue value) {
    return as(Integer.class, value.getValue());
  }

  /** Returns a double. */
  public static double number(AnnotationValue value) {
    return as(Double.class, value.getValue());
  }

  /** Returns a boolean. */
  public static boolean flag(AnnotationValue value) {
    return as(Boolean.class, value.getValue());
  }

  /** Returns a string. */
  public static String text(AnnotationValue value) {
    return as(String.class, value.getValue());
  }

  /** Returns a constant of an enum. */
  public static <E extends Enum<E>> E constant(Class<E> type, AnnotationValue value) {
    String name = as(VariableElement.class, value.getValue()).getSimpleName().toString();
    return Enum.valueOf(type, name);
  }

  /** Returns a nested annotation. */
  public static AnnotationMirror annotation(AnnotationValue value) {
    return as(AnnotationMirror.class, value.getValue());
  }

  /** Returns a class. */
  public static TypeMirror type(AnnotationValue value) {
    TypeMirror type = as(TypeMirror.class, value.getValue());
    Unresolved.refuse(type);
    return type;
  }

  private static <T> T as(Class<T> type, Object value) {
    if (!type.isInstance(value)) {
      throw new UnresolvedTypeException(value.toString());
    }
    return type.cast(value);
  }
}
