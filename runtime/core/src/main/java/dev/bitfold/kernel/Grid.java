package dev.bitfold.kernel;

import dev.bitfold.annotations.Rounding;
import java.util.function.Function;

/**
 * Describes the numbers that an element can take before it is scaled back. An element becomes the
 * nearest number, or the one that the rounding chooses. An element beyond the largest number
 * becomes the largest number. NaN stays NaN.
 *
 * <p>The choice is closed: kernels call {@link #match}, once for each call and outside of loops,
 * and do not compile until they handle each grid.
 */
public sealed interface Grid {
  /** Returns the result of the function for this grid. */
  <R> R match(
      Function<? super Integers, ? extends R> integers,
      Function<? super Floats, ? extends R> floats,
      Function<? super Table, ? extends R> table);

  /** Describes the integers from {@code min} to {@code max}. Zero has no sign: it is +0. */
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
   * Describes floats with subnormals. Zero has the sign of the element.
   *
   * @param mantissa the number of mantissa bits
   * @param minExponent the exponent of the smallest normal number; the smallest number above zero
   *     is 2^(minExponent - mantissa)
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
     * Returns the rounding. Without mantissa bits, half to even becomes half away from zero,
     * because adjacent numbers end in the same bit.
     */
    public Rounding effective() {
      return mantissa == 0 && rounding == Rounding.HALF_EVEN ? Rounding.HALF_AWAY : rounding;
    }
  }

  /**
   * Describes the sixteen values of NF4. An element becomes the nearest value, or the lower of two
   * that are equally near.
   */
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
     * Returns the values in ascending order: those of QLoRA to four digits, in bfloat16, as
     * ModelOpt holds them.
     */
    public static float[] values() {
      return NF4.clone();
    }

    /** Returns one of the values. */
    public static float value(int code) {
      return NF4[code];
    }

    /**
     * Returns the smallest float that is nearer to a value than to the value before it.
     *
     * @param code the code of the value, from 1
     */
    public static float bound(int code) {
      return BOUNDS[code - 1];
    }

    /** For each i, the smallest float that is nearer to value i + 1 than to value i. */
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

    /**
     * Returns the index of the nearest value, or of the lower of two that are equally near. NaN is
     * not allowed.
     */
    public static int nearest(float x) {
      int code = x >= BOUNDS[7] ? 8 : 0;
      code += x >= BOUNDS[code + 3] ? 4 : 0;
      code += x >= BOUNDS[code + 1] ? 2 : 0;
      return code + (x >= BOUNDS[code] ? 1 : 0);
    }
  }
}
