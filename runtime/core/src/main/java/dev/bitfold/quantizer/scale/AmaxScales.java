package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.kernel.ScaleFormula;
import dev.bitfold.kernel.Scales;

/**
 * Computes float32 scales of symmetric formats from an amax for each group.
 *
 * @param kind how a scale follows from an amax
 * @param max the largest number of the format
 */
record AmaxScales(Kind kind, float max) {
  /** 2^-24. An amax up to this one is treated as zero, as in ModelOpt. */
  static final float TINY = 0x1p-24f;

  /** Names how a scale follows from an amax. */
  enum Kind {
    /**
     * {@code max / amax}, by which elements are multiplied and codes divided. A tiny amax
     * multiplies by 0 and divides by 1 (ModelOpt, fake_tensor_quant).
     */
    INTEGERS(ScaleFormula.Kind.INTEGERS) {
      @Override
      float forward(float amax, float max) {
        return amax <= TINY ? 0f : max / amax;
      }

      @Override
      float backward(float amax, float max) {
        return amax <= TINY ? 1f : max / amax;
      }

      @Override
      boolean dividesBack() {
        return true;
      }
    },

    /** The same as {@link #INTEGERS}, but with {@code (1 / amax) * max} (ModelOpt, INT4QTensor). */
    INTEGERS_BY_RECIPROCAL(ScaleFormula.Kind.INTEGERS_BY_RECIPROCAL) {
      @Override
      float forward(float amax, float max) {
        return amax <= TINY ? 0f : 1f / amax * max;
      }

      @Override
      float backward(float amax, float max) {
        return amax <= TINY ? 1f : 1f / amax * max;
      }

      @Override
      boolean dividesBack() {
        return true;
      }
    },

    /**
     * {@code (1 / amax) * max}, in two roundings. Elements are multiplied by it, and codes by its
     * reciprocal. A tiny amax counts as 1 (ModelOpt, scaled_e4m3 on the CPU).
     */
    FLOATS(ScaleFormula.Kind.FLOATS) {
      @Override
      float forward(float amax, float max) {
        return 1f / (amax <= TINY ? 1f : amax) * max;
      }

      @Override
      float backward(float amax, float max) {
        return 1f / forward(amax, max);
      }

      @Override
      boolean dividesBack() {
        return false;
      }
    },

    /**
     * The same as {@link #FLOATS}, but codes are divided by the scale. An amax that is so small
     * that the scale is infinite makes zeros (pytorch-quantization, scaled_e4m3).
     */
    FLOATS_DIVIDED(ScaleFormula.Kind.FLOATS_DIVIDED) {
      @Override
      float forward(float amax, float max) {
        float scale = 1f / amax * max;
        return Float.isInfinite(scale) ? 0f : scale;
      }

      @Override
      float backward(float amax, float max) {
        float scale = 1f / amax * max;
        return Float.isInfinite(scale) ? 1f : scale;
      }

      @Override
      boolean dividesBack() {
        return true;
      }
    },

    /**
     * The amax, by which elements are divided and table values multiplied (ModelOpt, NF4QTensor).
     */
    TABLE(ScaleFormula.Kind.TABLE) {
      @Override
      float forward(float amax, float max) {
        return amax == 0 ? 1f : amax;
      }

      @Override
      float backward(float amax, float max) {
        return amax;
      }

      @Override
      boolean dividesBack() {
        return false;
      }
    };

    private final ScaleFormula.Kind formula;

    Kind(ScaleFormula.Kind formula) {
      this.formula = formula;
    }

    /** Returns the formula for kernels that compute the scale elsewhere. */
    ScaleFormula.Kind formula() {
      return formula;
    }

    abstract float forward(float amax, float max);

    abstract float backward(float amax, float max);

    abstract boolean dividesBack();
  }

  /** Returns the scales of a format. */
  static AmaxScales of(NumberFormat format, boolean reciprocal) {
    Kind kind =
        format.match(
            integers -> reciprocal ? Kind.INTEGERS_BY_RECIPROCAL : Kind.INTEGERS,
            floats -> reciprocal ? Kind.FLOATS_DIVIDED : Kind.FLOATS,
            nf4 -> Kind.TABLE);
    return new AmaxScales(kind, format.largest());
  }

  ScaleSet of(float[] amax) {
    StoredScales.Floats stored = stored(amax);
    return new ScaleSet(
        new Scales(forward(amax), divides(), stored.backward(), stored.divides()), stored);
  }

  /** Returns whether elements are divided. */
  boolean divides() {
    return kind == Kind.TABLE;
  }

  /** Computes both factors of the first groups, and writes them to the last two arrays. */
  void of(float[] amax, int count, float[] forward, float[] backward) {
    if (kind == Kind.INTEGERS) {
      // The usual kind in a loop of its own: no call for each group.
      for (int g = 0; g < count; g++) {
        boolean tiny = amax[g] <= TINY;
        float scale = max / amax[g];
        forward[g] = tiny ? 0f : scale;
        backward[g] = tiny ? 1f : scale;
      }
      return;
    }
    for (int g = 0; g < count; g++) {
      forward[g] = kind.forward(amax[g], max);
      backward[g] = kind.backward(amax[g], max);
    }
  }

  float[] forward(float[] amax) {
    float[] forward = new float[amax.length];
    for (int g = 0; g < amax.length; g++) {
      forward[g] = kind.forward(amax[g], max);
    }
    return forward;
  }

  StoredScales.Floats stored(float[] amax) {
    float[] backward = new float[amax.length];
    for (int g = 0; g < amax.length; g++) {
      backward[g] = kind.backward(amax[g], max);
    }
    return new StoredScales.Floats(backward, kind.dividesBack());
  }
}
