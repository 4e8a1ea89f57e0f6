package dev.bitfold.quantizer.scale;

import dev.bitfold.kernel.Groups;

/**
 * Scales as a packed tensor holds them. The factors that bring codes back follow from what is
 * stored alone, so a packed tensor unpacks to the fake-quantized values.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public sealed interface StoredScales {
  /** What codes are multiplied by, or divided by. */
  float[] backward();

  /** Whether codes are divided. */
  boolean divides();

  /** The codes of the scales, one per group; of length 0 for float32 scales. */
  int[] codes();

  /** Bytes of everything stored. */
  long bytes();

  /** The float32 scales of the scales; of length 0 if there are none. */
  default float[] second() {
    return new float[0];
  }

  /** What was taken off the scales before they were quantized. */
  default float mean() {
    return 0f;
  }

  /** The float32 numbers from which, with the codes, everything follows. */
  float[] floats();

  /** Float32. */
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
   * E8M0: 2^(code - 127), 255 for NaN.
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

    /** What the codes of one group are multiplied by. */
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
   * E4M3 under a float32 global scale.
   *
   * @param globals the amax of each group of groups
   * @param globalGroups which of them a group takes
   * @param reciprocal whether the product is formed as NVIDIA's CUDA kernel does
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

    /** What the codes of one group are multiplied by. */
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
   * Int8 under a second scale for each run of scales, around their mean.
   *
   * @param base brings an amax to the factor for codes
   */
  record Int8(byte[] scales, float[] second, float mean, int run, AmaxScales base)
      implements StoredScales {
    @Override
    public float[] backward() {
      return base.stored(amax()).backward();
    }

    /** The amax of each group: {@code code / second + mean}, not below 0. */
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
