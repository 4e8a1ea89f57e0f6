package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a model class or record whose components are layers, other models, or lists, arrays, maps
 * or Optionals of them. For {@code X}, the processor generates {@code XQuantizer} in the same
 * package.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE})
public @interface QuantizeModel {
  /**
   * Returns the mix-ins of layer and model classes that have no annotations of their own, see
   * {@link QuantizeFor}. They apply to this model only: a model that it holds lists its own. Each
   * is of another class, and a component of that class must exist.
   */
  Class<?>[] mixIns() default {};
}
