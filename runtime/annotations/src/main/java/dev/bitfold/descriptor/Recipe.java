package dev.bitfold.descriptor;

import dev.bitfold.annotations.Fp8;
import dev.bitfold.annotations.Int4Block32;
import dev.bitfold.annotations.Int8;
import dev.bitfold.annotations.Int8Dynamic;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.MxFp4;
import dev.bitfold.annotations.MxFp8;
import dev.bitfold.annotations.NvFp4;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * Holds descriptors by role, for {@code plan.using}. For each annotation that carries {@link
 * Quantize}s, the processor generates a recipe: {@code W4A8} becomes {@code W4A8Recipe.RECIPE}.
 * Immutable.
 *
 * @param name the name in messages and tables
 * @param descriptors the descriptor of each role that the recipe quantizes
 * @param alpha the migration strength of the recipe; off if it does not smooth
 */
public record Recipe(String name, Map<Role, QuantDescriptor> descriptors, Alpha alpha) {
  /** The recipe that quantizes nothing. */
  public static final Recipe FLOAT = of("Float");

  /** The recipe of {@link Int8}. */
  public static final Recipe INT8 =
      of("Int8").with(Role.WEIGHT, int8PerOutput()).with(Role.INPUT, QuantDescriptor.bits(8));

  /** The recipe of {@link Int8SmoothQuant}. */
  public static final Recipe INT8_SMOOTH_QUANT =
      new Recipe("Int8SmoothQuant", INT8.descriptors(), Alpha.searched());

  /** The recipe of {@link Int8Dynamic}. */
  public static final Recipe INT8_DYNAMIC =
      of("Int8Dynamic")
          .with(Role.WEIGHT, int8PerOutput())
          .with(Role.INPUT, QuantDescriptor.builder().bits(8).per("NT").dynamic(true).build());

  /**
   * Int8 weights with a scale per output channel, inputs in float: a quarter of the size, and no
   * faster. Needs no calibration data.
   */
  public static final Recipe INT8_WEIGHTS = of("Int8Weights").with(Role.WEIGHT, int8PerOutput());

  /**
   * Int8 weights with a scale per output channel and the largest code 64, and inputs in uint8 with
   * one scale and zero point that are computed from each input: what ONNX's DynamicQuantizeLinear
   * and MatMulInteger compute. Needs no calibration data. The sums of products saturate on no CPU.
   *
   * <p>What a model gives for a row then depends on the rest of its batch and on padding.
   */
  public static final Recipe ONNX_DYNAMIC =
      of("OnnxDynamic")
          .with(
              Role.WEIGHT, QuantDescriptor.builder().bits(8).per("O").scaleAmax(127 / 64.0).build())
          .with(
              Role.INPUT,
              QuantDescriptor.builder().bits(8).unsigned(true).affine(true).dynamic(true).build());

  /** The recipe of {@link Int4Block32}. */
  public static final Recipe INT4_BLOCK32 =
      of("Int4Block32")
          .with(
              Role.WEIGHT,
              QuantDescriptor.builder().bits(4).blockSizes(BlockSize.along("I", 32)).build());

  /** The recipe of {@link Fp8}. */
  public static final Recipe FP8 =
      of("Fp8")
          .with(Role.WEIGHT, QuantDescriptor.builder().bits(4, 3).build())
          .with(Role.INPUT, QuantDescriptor.builder().bits(4, 3).build());

  /** The recipe of {@link MxFp8}. */
  public static final Recipe MX_FP8 = blocks("MxFp8", 4, 3, 32, ScaleFormat.E8M0);

  /** The recipe of {@link MxFp4}. */
  public static final Recipe MX_FP4 = blocks("MxFp4", 2, 1, 32, ScaleFormat.E8M0);

  /** The recipe of {@link NvFp4}. */
  public static final Recipe NV_FP4 = blocks("NvFp4", 2, 1, 16, ScaleFormat.E4M3);

  /** Copies the descriptors. */
  public Recipe {
    Map<Role, QuantDescriptor> copy = new EnumMap<>(Role.class);
    copy.putAll(descriptors);
    descriptors = Collections.unmodifiableMap(copy);
  }

  /** Returns a recipe that quantizes nothing yet. */
  public static Recipe of(String name) {
    return new Recipe(name, Map.of(), Alpha.off());
  }

  /** Returns this recipe with a descriptor for a role, which replaces an earlier one. */
  public Recipe with(Role role, QuantDescriptor descriptor) {
    Map<Role, QuantDescriptor> more = new EnumMap<>(Role.class);
    more.putAll(descriptors);
    more.put(role, descriptor);
    return new Recipe(name, more, alpha);
  }

  /** Returns this recipe with SmoothQuant, its alpha searched for each layer. */
  public Recipe withSmoothQuant() {
    return new Recipe(name, descriptors, Alpha.searched());
  }

  /**
   * Returns this recipe with SmoothQuant.
   *
   * @param alpha 0 to 1
   * @throws IllegalArgumentException if alpha is outside [0, 1] or NaN
   */
  public Recipe withSmoothQuant(double alpha) {
    return new Recipe(name, descriptors, Alpha.of(alpha));
  }

  private static QuantDescriptor int8PerOutput() {
    return QuantDescriptor.builder().bits(8).per("O").build();
  }

  private static Recipe blocks(
      String name, int exponent, int mantissa, int size, ScaleFormat scales) {
    QuantDescriptor.Builder element =
        QuantDescriptor.builder().bits(exponent, mantissa).dynamic(true).scaleFormat(scales);
    return of(name)
        .with(Role.WEIGHT, element.blockSizes(BlockSize.along("I", size)).build())
        .with(Role.INPUT, element.blockSizes(BlockSize.along("C", size)).build());
  }
}
