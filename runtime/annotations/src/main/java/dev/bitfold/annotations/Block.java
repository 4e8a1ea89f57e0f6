package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * One blocked axis, named by number or by layout letter: every {@code size} neighbours share a
 * scale.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({})
public @interface Block {
  /**
   * The axis by number, negative from the end; used unless {@link #along} is given. Default: the
   * last.
   */
  int axis() default -1;

  /** The axis by one letter of the tensor's layout, as {@code "I"}; empty: {@link #axis} counts. */
  String along() default "";

  /** Elements per block, at least 1. A ragged end is a block padded with zeros. */
  int size();
}
