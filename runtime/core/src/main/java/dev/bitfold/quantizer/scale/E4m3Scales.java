package dev.bitfold.quantizer.scale;

import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.ScaleFormula;
import dev.bitfold.kernel.Scales;

/**
 * Computes E4M3 block scales under a float32 global scale, as in NVFP4, for any format.
 *
 * <p>The rules are those of NVIDIA ModelOpt: FLOOR of NVFP4QTensor, FLUSH of the Triton kernel, and
 * RECIPROCAL of the CUDA kernel for dynamic blocks.
 */
final class E4m3Scales {
  private static final float E4M3_MAX = 448f;
  private static final float MIN = 0x1p-9f;

  private final float max;
  private final ScaleRule rule;

  /**
   * Makes scales.
   *
   * @param max the largest number of the element's format
   */
  E4m3Scales(float max, ScaleRule rule) {
    this.max = max;
    this.rule = rule;
  }

  /** Returns the global scale, by which stored scales are multiplied. */
  static float globalScale(float global, float max) {
    return global / (max * E4M3_MAX);
  }

  /** Returns 448 · max / global in double, by which stored scales are divided. */
  static double perUnit(float global, float max) {
    return 448.0 * (double) (max / global);
  }

  /**
   * Returns the scales of blocks.
   *
   * @param amax the amax of each block; finite under the RECIPROCAL rule
   * @param globals the amax of the whole tensor, or of each part with an amax of its own
   * @param globalGroups which of these amaxes a block takes
   */
  ScaleSet of(float[] amax, float[] globals, Groups globalGroups) {
    byte[] codes = new byte[amax.length];
    float[] forward = new float[amax.length];
    float[] backward = new float[amax.length];
    for (int g = 0; g < amax.length; g++) {
      float global = globals[globalGroups.group(g)];
      codes[g] = code(amax[g], global);
      forward[g] = forward(amax[g], codes[g], global);
      backward[g] = backward(amax[g], codes[g], global);
    }
    StoredScales.E4m3 stored = new StoredScales.E4m3(codes, globals, globalGroups, max, !divides());
    return new ScaleSet(new Scales(forward, divides(), backward, false), stored);
  }

  /** Computes both factors of some blocks under one global amax. */
  void of(float[] amax, float global, int count, float[] forward, float[] backward) {
    for (int g = 0; g < count; g++) {
      byte code = code(amax[g], global);
      forward[g] = forward(amax[g], code, global);
      backward[g] = backward(amax[g], code, global);
    }
  }

  /** Returns the formula of the scales under one global amax. */
  ScaleFormula formula(float global) {
    return new ScaleFormula(ScaleFormula.Kind.E4M3, rule, max, 1, 0, 0, global);
  }

  /** Returns whether elements are divided by the forward scale. */
  boolean divides() {
    return rule != ScaleRule.RECIPROCAL;
  }

  private byte code(float amax, float global) {
    return (byte) FloatCodec.E4M3.encode(scale(amax, global));
  }

  private float forward(float amax, byte code, float global) {
    if (divides()) {
      float backward = backward(amax, code, global);
      return backward == 0 ? Float.POSITIVE_INFINITY : backward;
    }
    // A block of zeros is given the scale 1; one whose scale is 0 becomes zeros. An infinite factor
    // would make NaN of the zeros in a block of tiny values.
    double exact = FloatCodec.E4M3.decode(code & 0xff) / perUnit(global, max);
    return amax == 0 ? 1f : exact == 0 ? 0f : (float) Math.min(1 / exact, Float.MAX_VALUE);
  }

  private float backward(float amax, byte code, float global) {
    return !divides() && amax == 0 ? 1f : StoredScales.E4m3.backward(code, global, max, !divides());
  }

  /**
   * Returns the scale before it is rounded to E4M3. A block of zeros is handled first: with a
   * subnormal global amax, the global scale may be 0 and its reciprocal infinite.
   */
  private float scale(float amax, float global) {
    return switch (rule) {
      case RECIPROCAL -> {
        double perUnit = perUnit(global, max);
        yield amax == 0 || Double.isInfinite(perUnit) ? 0f : (float) (amax / max * perUnit);
      }
      case FLUSH -> amax == 0 || global == 0 ? 0f : amax / (max * globalScale(global, max));
      default -> {
        float scale = amax == 0 ? 0f : amax / (max * globalScale(global, max));
        yield scale == 0 ? 1f : Math.max(scale, MIN);
      }
    };
  }
}
