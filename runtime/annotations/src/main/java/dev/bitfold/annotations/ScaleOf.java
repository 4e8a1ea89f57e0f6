package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the parameter that takes the scale of a tensor with {@link Quantize#fakeQuant fakeQuant =
 * false}, of type {@code INDArray}: a parameter of the constructor for a weight, of {@code forward}
 * for an input. The layer gets the tensor's integer codes, as float32, and computes on them: {@code
 * value = code * scale}.
 *
 * <p>The scale is float32, in the tensor's shape with each axis divided by its block and 1 for an
 * axis that shares a scale; a scalar for one scale per tensor. It is null wherever the layer gets
 * values instead of codes: in the float model, during calibration, and in training. So the float
 * model passes null for it.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.PARAMETER})
public @interface ScaleOf {
  /** Returns the name of the weight or input. */
  String value();
}
