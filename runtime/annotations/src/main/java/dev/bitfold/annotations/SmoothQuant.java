package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Smooths the input channels of a layer (Xiao et al., SmoothQuant, 2023). Each channel is divided
 * by a smoothing scale, and its weights are multiplied by it. Stands on a layer class or a recipe.
 * The layer needs one quantized input and one weight whose layouts name the channel ({@code C} and
 * {@code I}).
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE})
public @interface SmoothQuant {
  /**
   * Returns the migration strength, 0 to 1. 0 moves all of the difficulty to the input, 1 moves all
   * of it to the weights. Default: NaN, alpha is searched for each layer by the error of the
   * layer's output, with "off" among the choices.
   */
  double alpha() default Double.NaN;
}
