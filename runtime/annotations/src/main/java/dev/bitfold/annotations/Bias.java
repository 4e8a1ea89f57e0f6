package dev.bitfold.annotations;

import dev.bitfold.descriptor.Layout;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a bias of a layer class. A bias is never quantized; smoothing, folding and training may
 * change it. The same places and types are allowed as for a {@link Weight}.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({
  ElementType.FIELD,
  ElementType.METHOD,
  ElementType.PARAMETER,
  ElementType.RECORD_COMPONENT
})
public @interface Bias {
  /**
   * Returns one letter for each axis, see {@link Layout}: usually {@code "O"} or {@code "C"}. Empty
   * if unknown.
   */
  String layout() default "";
}
