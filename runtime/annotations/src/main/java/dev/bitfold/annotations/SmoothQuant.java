package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a layer class or a recipe: the layer's input channels are smoothed (Xiao et al., SmoothQuant,
 * 2023), dividing each by a scale that its weights take over. Needs one quantized input and one
 * weight whose layouts name the channel ({@code C} and {@code I}).
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE})
public @interface SmoothQuant {
  /**
   * The migration strength, 0 to 1: 0 moves all difficulty to the input, 1 all of it to the
   * weights. Default: NaN, searched for each layer on its output error, "off" included.
   */
  double alpha() default Double.NaN;
}
