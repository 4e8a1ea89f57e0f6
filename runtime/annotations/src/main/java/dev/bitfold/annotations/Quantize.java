package dev.bitfold.annotations;

import dev.bitfold.descriptor.QuantDescriptor;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes how a tensor is quantized. The elements are those of a {@link QuantDescriptor}, whose
 * rules define the valid combinations. An invalid combination is a compile error.
 *
 * <ul>
 *   <li>On a <b>layer class</b>, once for each {@link Role}: all weights, all inputs or the output.
 *   <li>On a <b>member</b> (field, record component, constructor parameter or accessor that carries
 *       {@link Weight}): only that tensor, instead of what the class declares.
 *   <li>On a <b>parameter</b> of {@code forward}: only that input.
 *   <li>On an <b>annotation type</b>: a recipe, which stands for the {@code @Quantize}s it carries.
 * </ul>
 *
 * <p>Precedence, strongest first: {@code plan.describe}, {@code plan.using}, member, class, recipe.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Repeatable(Quantize.List.class)
@Target({
  ElementType.TYPE,
  ElementType.FIELD,
  ElementType.METHOD,
  ElementType.PARAMETER,
  ElementType.RECORD_COMPONENT
})
public @interface Quantize {
  /**
   * Returns the role of the tensors in a class or recipe. On a member or parameter, the place
   * already implies the role: it may be left out, and a role that contradicts the place is an
   * error. Default: weights.
   */
  Role role() default Role.WEIGHT;

  /**
   * Returns the bits of the format. One number is an integer format of that many bits, 2 to 16 (1
   * to 16 if {@link #unsigned}). Two numbers are a float format of that many exponent and mantissa
   * bits, such as {@code {4, 3}} for E4M3; with the sign at most 8 bits in all. Default: {@code 8}.
   */
  int[] bits() default {8};

  /** Returns a format that {@link #bits} cannot express. Default: the one of {@code bits}. */
  Format format() default Format.BITS;

  /**
   * Returns the axes that keep a scale of their own, by number, negative from the end. Elements
   * along all other axes share a scale. Not together with {@link #per} or {@link #blockSizes}.
   * Default: none, one scale per tensor.
   */
  int[] axis() default {};

  /**
   * Returns the axes that keep a scale of their own, by letters of the tensor's layout: {@code "O"}
   * is per output channel. {@code "NT"} is per token: each of N and T that the layout has, and
   * every leading axis of an open layout ({@code "…C"}). Needs a layout. Default: none.
   */
  String per() default "";

  /** Returns the blocked axes; every other axis keeps scales of its own. Default: no blocks. */
  Block[] blockSizes() default {};

  /**
   * Returns whether the scale is computed from each tensor when it is quantized, instead of
   * calibrated. With {@link #blockSizes}, this applies to the blocks' scales; a global scale
   * ({@code scaleBits = {4, 3}}) is still calibrated. Default: {@code false}.
   */
  boolean dynamic() default false;

  /** Returns how the amax is found from calibration data. Default: {@link Calib#MAX}. */
  Calib calib() default Calib.MAX;

  /**
   * Returns the percentile of {@link Calib#PERCENTILE}, out of 100: above 1, at most 100. Default:
   * 99.99.
   */
  double percentile() default 99.99;

  /**
   * Returns the number of bins of a histogram calibrator, a power of two from 128 to 65,536.
   * Default: 2048.
   */
  int bins() default 2048;

  /**
   * Returns the format of the block scales: {@code {8, 0}} for powers of two (E8M0: the MX
   * formats), {@code {4, 3}} for E4M3 under a float32 global scale (NVFP4), {@code 8} for integers
   * (double quantization, as with NF4). Default: empty, float32 scales.
   */
  int[] scaleBits() default {};

  /**
   * Returns the block of double quantization: that many adjacent block scales, in c order, share a
   * second scale. There is at most one block, along the axis of the blocks or the last axis.
   * Implies {@link #scaleBits} 8. Default: empty, all block scales share one.
   */
  Block[] scaleBlockSizes() default {};

  /** Returns how block scales are chosen. Default: {@link ScaleRule#FLOOR}, for E8M0 OCP's rule. */
  ScaleRule scaleRule() default ScaleRule.FLOOR;

  /** Returns how a value between two numbers of the format is rounded. Default: half to even. */
  Rounding rounding() default Rounding.HALF_EVEN;

  /**
   * Returns whether only values from 0 up are quantized. Negative values are refused, and integers
   * go up to 2^bits - 1. With {@link #affine}, codes are from 0 up, and values may have either
   * sign. Default: {@code false}.
   */
  boolean unsigned() default false;

  /**
   * Returns whether the signed range is symmetric: -127 to 127 instead of -128 to 127. Default:
   * {@code false}.
   */
  boolean narrowRange() default false;

  /**
   * Returns whether scale and zero point come from the smallest and largest value, instead of the
   * scale from the amax. Default: {@code false}.
   */
  boolean affine() default false;

  /**
   * Returns a fixed amax: one number for the tensor, or one for each index of a kept axis, above 0
   * and finite in float32. Not together with {@link #calib}; one number not with kept axes or
   * blocks. With E4M3 block scales, it is the amax of the whole tensor, from which the global scale
   * follows. Default: empty, calibrated.
   */
  double[] amax() default {};

  /**
   * Returns what the amax is multiplied by, whether fixed or not: finite, above 0. A product beyond
   * float32 becomes the largest float. Default: 1.
   */
  double scaleAmax() default 1;

  /**
   * Returns whether the amax is a parameter that training adjusts. Only with one scale per tensor.
   * Default: {@code false}.
   */
  boolean learnAmax() default false;

  /** Returns the gradient estimator of training. Default: {@link Ste#CLIP}. */
  Ste ste() default Ste.CLIP;

  /**
   * Returns whether the quantizer gives fake-quantized values; if not, it gives integer codes, and
   * the layer takes their scale by {@link ScaleOf}. Default: {@code true}.
   */
  boolean fakeQuant() default true;

  /** Returns a name that messages and tables add to the tensor's path. Default: empty. */
  String name() default "";

  /** Holds repeated {@link Quantize} annotations. */
  @Documented
  @Retention(RetentionPolicy.CLASS)
  @Target({
    ElementType.TYPE,
    ElementType.FIELD,
    ElementType.METHOD,
    ElementType.PARAMETER,
    ElementType.RECORD_COMPONENT
  })
  @interface List {
    /** Returns the repeated annotations. */
    Quantize[] value();
  }
}
