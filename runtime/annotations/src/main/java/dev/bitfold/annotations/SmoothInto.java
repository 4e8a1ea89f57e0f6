package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Lists all consumers of a component's output. The consumers share one smoothing scale, and its
 * inverse is folded into the component. The component must be a layer whose weights and biases all
 * have a layout that names the output channels, {@code O} or {@code C}. Functions between the
 * component and its consumers must be positively homogeneous in each channel, such as ReLU. The
 * calibration data prove that this holds and that there is no other consumer.
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
   * Returns the paths of the consumers, relative to the annotated model: {@code "attention.query"},
   * {@code "hidden.3"} in a list or array, {@code "experts.*"} for all elements of a container.
   * There is at least one. Each consumer has a weight whose layout names the input channels, {@code
   * I}, and at least one consumer has {@link SmoothQuant}.
   */
  String[] value();
}
