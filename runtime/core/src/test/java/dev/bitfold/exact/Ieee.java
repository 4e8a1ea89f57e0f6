package dev.bitfold.exact;

/** The operations of IEEE 754 on floats: the exact result, rounded once. */
final class Ieee {
  private Ieee() {}

  static float times(float a, float b) {
    if (Float.isNaN(a) || Float.isNaN(b)) {
      return Float.NaN;
    }
    boolean negative = negative(a) != negative(b);
    if (Float.isInfinite(a) || Float.isInfinite(b)) {
      return a == 0 || b == 0 ? Float.NaN : signed(Float.POSITIVE_INFINITY, negative);
    }
    return signed(Ratio.of(a).times(Ratio.of(b)).abs().toFloat(), negative);
  }

  static float over(float a, float b) {
    if (Float.isNaN(a) || Float.isNaN(b)) {
      return Float.NaN;
    }
    boolean negative = negative(a) != negative(b);
    if (Float.isInfinite(a)) {
      return Float.isInfinite(b) ? Float.NaN : signed(Float.POSITIVE_INFINITY, negative);
    }
    if (b == 0) {
      return a == 0 ? Float.NaN : signed(Float.POSITIVE_INFINITY, negative);
    }
    return Float.isInfinite(b)
        ? signed(0f, negative)
        : signed(Ratio.of(a).over(Ratio.of(b)).abs().toFloat(), negative);
  }

  static float plus(float a, float b) {
    if (Float.isNaN(a) || Float.isNaN(b)) {
      return Float.NaN;
    }
    if (Float.isInfinite(a)) {
      return Float.isInfinite(b) && negative(a) != negative(b) ? Float.NaN : a;
    }
    if (Float.isInfinite(b)) {
      return b;
    }
    Ratio sum = Ratio.of(a).plus(Ratio.of(b));
    // A sum of nothing is -0 only if both are.
    return sum.signum() == 0 ? signed(0f, negative(a) && negative(b)) : sum.toFloat();
  }

  static float minus(float a, float b) {
    return plus(a, -b);
  }

  private static boolean negative(float x) {
    return Float.floatToRawIntBits(x) < 0;
  }

  private static float signed(float magnitude, boolean negative) {
    return negative ? -magnitude : magnitude;
  }
}
