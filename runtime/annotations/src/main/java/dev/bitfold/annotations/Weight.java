package dev.bitfold.annotations;

import dev.bitfold.descriptor.Layout;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a weight of a layer class: the tensor that a constructor parameter of the same name and
 * type takes. Stands on a field (of the class or a superclass), a record component, an accessor or
 * a constructor parameter.
 *
 * <p>The type is {@code INDArray}, {@code List<INDArray>} or {@code INDArray[]}. Each element of a
 * list or array is a separate weight, {@code name[0]}, {@code name[1]} and so on, with the same
 * layout and declared quantizer. Elements may be null. The constructor gets an unmodifiable list.
 *
 * <p>The type may also be {@code SDVariable}. Then all tensors of the layer are {@code
 * SDVariable}s, and its {@code forward} builds a graph.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({
  ElementType.FIELD,
  ElementType.METHOD,
  ElementType.PARAMETER,
  ElementType.RECORD_COMPONENT
})
public @interface Weight {
  /**
   * Returns one letter for each axis, see {@link Layout}: {@code "OI"} for a linear weight of [out,
   * in], {@code "OIHW"} for a convolution, {@code "C"} for a norm. Empty if unknown: then axes can
   * be given only by number, and neither SmoothQuant nor folding is possible.
   */
  String layout() default "";
}
