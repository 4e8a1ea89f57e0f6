package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a component of a model: the layers that read its output, all of them. They share one smoothing
 * scale, and its inverse is folded into this component: a layer whose weights and biases all have a
 * layout that names the output channels, {@code O} or {@code C}. Between it and its readers may
 * stand what is positively homogeneous in each channel, ReLU for instance. That this holds and that
 * nothing else reads the output is proved on the calibration data.
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
  /**
   * Paths of the readers, relative to this model: {@code "attention.query"}, {@code "hidden.3"} in
   * a list or array, {@code "experts.*"} for all elements of a container. At least one; each has a
   * weight whose layout names the input channels, {@code I}, and one of them {@link SmoothQuant}.
   */
  String[] value();
}
