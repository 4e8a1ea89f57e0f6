package dev.bitfold.annotations;

import dev.bitfold.descriptor.Layout;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a parameter of {@code forward} as a tensor that input quantizers and calibration see. A
 * tensor parameter without it passes through unchanged, such as a mask.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.PARAMETER})
public @interface Input {
  /**
   * Returns one letter for each axis, see {@link Layout}: {@code "NC"}, {@code "NTC"}, {@code
   * "NCHW"}, or {@code "…C"} for any leading axes. Empty if unknown.
   */
  String layout() default "";
}
