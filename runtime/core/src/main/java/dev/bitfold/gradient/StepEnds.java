package dev.bitfold.gradient;

/**
 * Where {@code x / step}, a division of floats, leaves the codes: {@code min <= x / step <= max} is
 * {@code below < x < above}, to the bit.
 */
final class StepEnds {
  private StepEnds() {}

  /** The largest x whose quotient is less than a code. */
  static float below(float min, float step) {
    return -above(-min, step);
  }

  /** The smallest x whose quotient is greater than a code. */
  static float above(float max, float step) {
    float x = max * step;
    while (x / step > max) {
      x = Math.nextDown(x);
    }
    // Denormal quotients of a code of 0 fall to it in great number: bisect.
    if (max == 0) {
      return aboveZero(step);
    }
    while (x / step <= max) {
      x = Math.nextUp(x);
    }
    return x;
  }

  private static float aboveZero(float step) {
    int zero = 0;
    int beyond = Float.floatToIntBits(Float.MAX_VALUE);
    while (beyond - zero > 1) {
      int middle = (zero + beyond) >>> 1;
      if (Float.intBitsToFloat(middle) / step > 0) {
        beyond = middle;
      } else {
        zero = middle;
      }
    }
    return Float.intBitsToFloat(beyond);
  }
}
