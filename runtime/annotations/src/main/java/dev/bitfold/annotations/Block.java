package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares one blocked axis, by number or by layout letter: each {@code size} adjacent elements
 * share a scale.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({})
public @interface Block {
  /**
   * Returns the number of the axis, negative from the end; used unless {@link #along} is given.
   * Default: the last axis.
   */
  int axis() default -1;

  /**
   * Returns the axis by one letter of the tensor's layout, such as {@code "I"}; empty if {@link
   * #axis} names it.
   */
  String along() default "";

  /** Returns the number of elements in a block, at least 1. A ragged end is padded with zeros. */
  int size();
}
