package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a component of a model: the layers that read its output, all of them. They share one smoothing
 * scale, and its inverse is folded into this component. That nothing else reads the output is
 * proved on the calibration data.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({
  ElementType.FIELD,
  ElementType.METHOD,
  ElementType.PARAMETER,
  ElementType.RECORD_COMPONENT
})
public @interface SmoothInto {
  /** Paths of the readers, relative to this model: {@code "attention.query"}. At least one. */
  String[] value();
}
