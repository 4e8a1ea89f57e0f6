package dev.bitfold.processor.lang;

import java.util.List;
import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.TypeMirror;

/**
 * Reads values of annotations. A value that is not of the type it should be stands in code that
 * does not compile, or names what does not exist yet: {@link UnresolvedTypeException}.
 */
public final class AnnotationValues {
  private AnnotationValues() {}

  /** The elements of an array; a single value is an array of one. */
  public static List<? extends AnnotationValue> list(AnnotationValue value) {
    if (value.getValue() instanceof List<?> values) {
      return values.stream().map(one -> as(AnnotationValue.class, one)).toList();
    }
    return List.of(value);
  }

  /** An int array. */
  public static int[] ints(AnnotationValue value) {
    return list(value).stream().mapToInt(AnnotationValues::integer).toArray();
  }

  /** A double array. */
  public static double[] doubles(AnnotationValue value) {
    return list(value).stream().mapToDouble(AnnotationValues::number).toArray();
  }

  /** An int. */
  public static int integer(AnnotationValue value) {
    return as(Integer.class, value.getValue());
  }

  /** A double. */
  public static double number(AnnotationValue value) {
    return as(Double.class, value.getValue());
  }

  /** A boolean. */
  public static boolean flag(AnnotationValue value) {
    return as(Boolean.class, value.getValue());
  }

  /** A string. */
  public static String text(AnnotationValue value) {
    return as(String.class, value.getValue());
  }

  /** An enum's constant. */
  public static <E extends Enum<E>> E constant(Class<E> type, AnnotationValue value) {
    String name = as(VariableElement.class, value.getValue()).getSimpleName().toString();
    return Enum.valueOf(type, name);
  }

  /** A nested annotation. */
  public static AnnotationMirror annotation(AnnotationValue value) {
    return as(AnnotationMirror.class, value.getValue());
  }

  /** A class. */
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
