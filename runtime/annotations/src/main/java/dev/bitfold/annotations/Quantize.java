package dev.bitfold.annotations;

import dev.bitfold.descriptor.QuantDescriptor;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says how a tensor is quantized. The elements are those of a {@link QuantDescriptor}, whose rules
 * say which combinations are valid; a combination that is not is a compile error.
 *
 * <ul>
 *   <li>On a <b>layer class</b>, once per {@link Role}: every weight, input or the output.
 *   <li>On a <b>member</b> (field, record component, constructor parameter or accessor that carries
 *       {@link Weight}): that tensor alone, in place of the class's.
 *   <li>On a <b>parameter</b> of {@code forward}: that input alone.
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
   * Which tensors of a class or recipe are meant. On a member or parameter the place already says
   * it: a role may be left out, and one that contradicts the place is an error. Default: weights.
   */
  Role role() default Role.WEIGHT;

  /**
   * One number: an integer format of that many bits, 2 to 16 (1 to 16 if {@link #unsigned}). Two
   * numbers: a float format of so many exponent and mantissa bits, as {@code {4, 3}} for E4M3; with
   * the sign at most 8 bits in all. Default: {@code 8}.
   */
  int[] bits() default {8};

  /** A format that {@link #bits} cannot say. Default: the one that {@code bits} says. */
  Format format() default Format.BITS;

  /**
   * The axes that keep a scale of their own, by number, negative from the end; all others share it.
   * Default: none, one scale per tensor. Not together with {@link #per} or {@link #blockSizes}.
   */
  int[] axis() default {};

  /**
   * The axes that keep a scale of their own, by letters of the tensor's layout: {@code "O"} per
   * output channel. {@code "NT"} is per token: whichever of N and T the layout names, and every
   * leading axis of an open layout ({@code "…C"}). Needs a layout. Default: none.
   */
  String per() default "";

  /** The blocked axes; every other axis keeps its own scales. Default: no blocks. */
  Block[] blockSizes() default {};

  /**
   * The scale is taken from each tensor as it comes, not calibrated. With {@link #blockSizes}: the
   * blocks' scales are; a global scale ({@code scaleBits = {4, 3}}) is still calibrated. Default:
   * {@code false}.
   */
  boolean dynamic() default false;

  /** How the amax is found from calibration data. Default: {@link Calib#MAX}. */
  Calib calib() default Calib.MAX;

  /** The percentile of {@link Calib#PERCENTILE}, out of 100: above 1. Default: 99.99. */
  double percentile() default 99.99;

  /** The bins of a histogram calibrator, a power of two from 128 to 65,536. Default: 2048. */
  int bins() default 2048;

  /**
   * The format of the block scales: {@code {8, 0}} powers of two (E8M0: the MX formats), {@code {4,
   * 3}} E4M3 under a float32 global scale (NVFP4), {@code 8} integers (double quantization, as NF4
   * uses). Default: empty, float32 scales.
   */
  int[] scaleBits() default {};

  /**
   * Double quantization: so many neighbouring block scales, in c order, share a second scale; one
   * block, along the axis of the blocks or the last. Makes {@link #scaleBits} 8. Default: empty,
   * they all do.
   */
  Block[] scaleBlockSizes() default {};

  /** How block scales are chosen. Default: {@link ScaleRule#FLOOR}, for E8M0 the OCP rule. */
  ScaleRule scaleRule() default ScaleRule.FLOOR;

  /** Where a value goes that lies between two of the format's. Default: half to even. */
  Rounding rounding() default Rounding.HALF_EVEN;

  /**
   * Only values from 0 up, negative ones are refused; integers then go up to 2^bits - 1. With
   * {@link #affine}: codes from 0 up, values of either sign. Default: signed.
   */
  boolean unsigned() default false;

  /** A symmetric signed range: -127 to 127 instead of -128 to 127. Default: {@code false}. */
  boolean narrowRange() default false;

  /** Scale and zero point from the smallest and largest value, instead of amax. Default: no. */
  boolean affine() default false;

  /**
   * A fixed amax, one number for the tensor or one for each place of a kept axis: above 0 and
   * finite in float32. Not together with {@link #calib}, nor one number with kept axes or blocks.
   * With E4M3 block scales: that of the whole tensor, from which the global scale follows. Default:
   * empty, calibrated.
   */
  double[] amax() default {};

  /**
   * A factor on the amax, fixed or not: finite, above 0. Where the product is beyond float32, the
   * largest float takes its place. Default: 1.
   */
  double scaleAmax() default 1;

  /** The amax is a parameter that training moves. Per tensor only. Default: {@code false}. */
  boolean learnAmax() default false;

  /** The gradient estimator used in training. Default: {@link Ste#CLIP}. */
  Ste ste() default Ste.CLIP;

  /**
   * {@code false}: the quantizer yields integer codes and their scale in place of fake-quantized
   * values. Default: {@code true}.
   */
  boolean fakeQuant() default true;

  /** A name that messages and tables add to the tensor's path. Default: empty. */
  String name() default "";

  /** The container of repeated {@link Quantize} annotations. */
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
    /** The repeated annotations. */
    Quantize[] value();
  }
}
