package dev.bitfold.quantizer.scale;

import dev.bitfold.kernel.Groups;

/**
 * Holds scales in the form of a packed tensor. The factors for codes follow only from what is
 * stored, so a packed tensor unpacks to the fake-quantized values.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public sealed interface StoredScales {
  /** Returns the factors by which codes are multiplied or divided. */
  float[] backward();

  /** Returns whether codes are divided by the factors. */
  boolean divides();

  /** Returns the codes of the scales, one for each group; empty for float32 scales. */
  int[] codes();

  /** Returns the number of stored bytes. */
  long bytes();

  /** Returns the float32 scales of the scales; empty if there are none. */
  default float[] second() {
    return new float[0];
  }

  /** Returns what was subtracted from the scales before they were quantized. */
  default float mean() {
    return 0f;
  }

  /** Returns the float32 numbers from which, together with the codes, all factors follow. */
  float[] floats();

  /** Holds float32 scales. */
  record Floats(float[] backward, boolean divides) implements StoredScales {
    @Override
    public float[] floats() {
      return backward;
    }

    @Override
    public int[] codes() {
      return new int[0];
    }

    @Override
    public long bytes() {
      return (long) Float.BYTES * backward.length;
    }
  }

  /**
   * Holds E8M0 scales: 2^(code - 127), and 255 for NaN.
   *
   * @param fractionBits the codes of elements are integers in units of 2^-fractionBits
   */
  record PowersOfTwo(byte[] exponents, int fractionBits) implements StoredScales {
    @Override
    public float[] backward() {
      float[] values = new float[exponents.length];
      for (int g = 0; g < values.length; g++) {
        values[g] = backward(exponents[g], fractionBits);
      }
      return values;
    }

    /** Returns the factor by which the codes of one group are multiplied. */
    static float backward(byte exponent, int fractionBits) {
      int code = exponent & 0xff;
      return code == 255 ? Float.NaN : Math.scalb(1f, code - 127 - fractionBits);
    }

    @Override
    public boolean divides() {
      return false;
    }

    @Override
    public float[] floats() {
      return new float[0];
    }

    @Override
    public int[] codes() {
      return unsigned(exponents);
    }

    @Override
    public long bytes() {
      return exponents.length;
    }
  }

  /**
   * Holds E4M3 scales under a float32 global scale.
   *
   * @param globals the global amaxes
   * @param globalGroups which of the global amaxes a group takes
   * @param reciprocal whether the product is computed as in NVIDIA's CUDA kernel
   */
  record E4m3(
      byte[] scales, float[] globals, Groups globalGroups, float formatMax, boolean reciprocal)
      implements StoredScales {
    @Override
    public float[] backward() {
      float[] values = new float[scales.length];
      for (int g = 0; g < values.length; g++) {
        values[g] = backward(scales[g], globals[globalGroups.group(g)], formatMax, reciprocal);
      }
      return values;
    }

    /** Returns the factor by which the codes of one group are multiplied. */
    static float backward(byte code, float global, float formatMax, boolean reciprocal) {
      float scale = FloatCodec.E4M3.decode(code & 0xff);
      return reciprocal
          ? (float) (scale / E4m3Scales.perUnit(global, formatMax))
          : scale * E4m3Scales.globalScale(global, formatMax);
    }

    @Override
    public boolean divides() {
      return false;
    }

    @Override
    public float[] floats() {
      return globals;
    }

    @Override
    public int[] codes() {
      return unsigned(scales);
    }

    @Override
    public float[] second() {
      float[] values = new float[globals.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = E4m3Scales.globalScale(globals[i], formatMax);
      }
      return values;
    }

    @Override
    public long bytes() {
      return scales.length + (long) Float.BYTES * globals.length;
    }
  }

  /**
   * Holds int8 scales under a second scale for each group of adjacent scales, around their mean.
   *
   * @param base computes the factor for codes from an amax
   */
  record Int8(byte[] scales, float[] second, float mean, int run, AmaxScales base)
      implements StoredScales {
    @Override
    public float[] backward() {
      return base.stored(amax()).backward();
    }

    /** Returns the amax of each group: {@code code / second + mean}, not below 0. */
    float[] amax() {
      float[] amax = new float[scales.length];
      for (int g = 0; g < amax.length; g++) {
        amax[g] = Math.max(scales[g] / second[g / run] + mean, 0f);
      }
      return amax;
    }

    @Override
    public boolean divides() {
      return base.stored(new float[0]).divides();
    }

    @Override
    public float[] floats() {
      return second;
    }

    @Override
    public int[] codes() {
      int[] codes = new int[scales.length];
      for (int g = 0; g < codes.length; g++) {
        codes[g] = scales[g];
      }
      return codes;
    }

    @Override
    public long bytes() {
      return scales.length + (long) Float.BYTES * (second.length + 1);
    }
  }

  private static int[] unsigned(byte[] bytes) {
    int[] codes = new int[bytes.length];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = bytes[i] & 0xff;
    }
    return codes;
  }
}
