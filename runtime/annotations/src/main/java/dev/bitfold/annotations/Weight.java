package dev.bitfold.annotations;

import dev.bitfold.descriptor.Layout;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a weight of a layer class: the tensor that a constructor parameter of the same name and
 * type carries. On a field (of the class or a superclass), a record component, an accessor or a
 * constructor parameter.
 *
 * <p>It is an {@code INDArray}, or a {@code List<INDArray>} or {@code INDArray[]}: then each
 * element is a weight of its own, {@code name[0]}, {@code name[1]} and so on, all of one layout and
 * one declared quantizer. Elements may be null; the constructor gets a list that cannot be changed.
 *
 * <p>Or it is an {@code SDVariable}, as are then all tensors of the layer: its {@code forward}
 * builds a graph.
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
   * One letter per axis, see {@link Layout}: {@code "OI"} for a linear weight of [out, in], {@code
   * "OIHW"} for a convolution, {@code "C"} for a norm. Empty: unknown; then only axis numbers can
   * be used, and neither SmoothQuant nor folding.
   */
  String layout() default "";
}
