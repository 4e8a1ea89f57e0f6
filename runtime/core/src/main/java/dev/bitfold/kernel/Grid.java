package dev.bitfold.kernel;

import dev.bitfold.annotations.Rounding;
import java.util.function.Function;

/**
 * The numbers that an element can take before it is scaled back. An element goes to the nearest, or
 * as the rounding says; beyond the largest, to the largest. NaN stays NaN.
 *
 * <p>A closed choice: kernels ask {@link #match}, once a call and outside of loops, and do not
 * compile until they know each grid.
 */
public sealed interface Grid {
  /** Returns what the function for this grid gives. */
  <R> R match(
      Function<? super Integers, ? extends R> integers,
      Function<? super Floats, ? extends R> floats,
      Function<? super Table, ? extends R> table);

  /** The integers from {@code min} to {@code max}. Zero has no sign: it is +0. */
  record Integers(int min, int max, Rounding rounding) implements Grid {
    @Override
    public <R> R match(
        Function<? super Integers, ? extends R> integers,
        Function<? super Floats, ? extends R> floats,
        Function<? super Table, ? extends R> table) {
      return integers.apply(this);
    }
  }

  /**
   * Floats with subnormals; zero has a sign, that of the element.
   *
   * @param mantissa mantissa bits
   * @param minExponent the exponent of the smallest normal number; the smallest above zero is
   *     2^(minExponent - mantissa)
   * @param max the largest number
   */
  record Floats(int mantissa, int minExponent, float max, Rounding rounding) implements Grid {
    @Override
    public <R> R match(
        Function<? super Integers, ? extends R> integers,
        Function<? super Floats, ? extends R> floats,
        Function<? super Table, ? extends R> table) {
      return floats.apply(this);
    }

    /**
     * The rounding, but that half to even becomes half away without mantissa bits: neighbours then
     * both end in the same bit.
     */
    public Rounding effective() {
      return mantissa == 0 && rounding == Rounding.HALF_EVEN ? Rounding.HALF_AWAY : rounding;
    }
  }

  /** The sixteen values of NF4; an element goes to the nearest, of two to the lower. */
  record Table() implements Grid {
    @Override
    public <R> R match(
        Function<? super Integers, ? extends R> integers,
        Function<? super Floats, ? extends R> floats,
        Function<? super Table, ? extends R> table) {
      return table.apply(this);
    }

    // Decimal forms of exact bfloat16 numbers.
    private static final float[] NF4 = {
      -1.0f,
      -0.6953125f,
      -0.5234375f,
      -0.39453125f,
      -0.28515625f,
      -0.18457031f,
      -0.091308594f,
      0.0f,
      0.079589844f,
      0.16113281f,
      0.24609375f,
      0.33789062f,
      0.44140625f,
      0.5625f,
      0.72265625f,
      1.0f
    };

    /**
     * The values, ascending: those of QLoRA to four digits, in bfloat16, as ModelOpt holds them.
     */
    public static float[] values() {
      return NF4.clone();
    }

    /** One of the values. */
    public static float value(int code) {
      return NF4[code];
    }

    /**
     * The smallest float to which a value is nearer than the one before it.
     *
     * @param code of the value, from 1
     */
    public static float bound(int code) {
      return BOUNDS[code - 1];
    }

    /** From {@code BOUNDS[i]} on, value i + 1 is nearer than value i. */
    private static final float[] BOUNDS = bounds();

    private static float[] bounds() {
      float[] bounds = new float[NF4.length - 1];
      for (int i = 0; i < bounds.length; i++) {
        float low = NF4[i];
        float high = NF4[i + 1];
        while (Math.nextUp(low) < high) {
          float middle = (float) (((double) low + high) / 2);
          middle = middle <= low ? Math.nextUp(low) : middle >= high ? Math.nextDown(high) : middle;
          if (Math.abs(middle - NF4[i + 1]) < Math.abs(middle - NF4[i])) {
            high = middle;
          } else {
            low = middle;
          }
        }
        bounds[i] = high;
      }
      return bounds;
    }

    /** The index of the nearest value; of two, the lower. Not for NaN. */
    public static int nearest(float x) {
      int code = x >= BOUNDS[7] ? 8 : 0;
      code += x >= BOUNDS[code + 3] ? 4 : 0;
      code += x >= BOUNDS[code + 1] ? 2 : 0;
      return code + (x >= BOUNDS[code] ? 1 : 0);
    }
  }
}
