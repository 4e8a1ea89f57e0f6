package dev.bitfold.golden;

/**
 * How far a result may be from the recorded one: {@code |actual - expected| <= absolute + relative
 * * |expected|}. NaN equals NaN, and -0 equals 0.
 */
record Tolerance(double relative, double absolute) {
  /** Equal by value. */
  static final Tolerance EXACT = new Tolerance(0, 0);

  /** Within a relative distance. */
  static Tolerance relative(double relative) {
    return new Tolerance(relative, 0);
  }

  /** Within a relative or an absolute distance. */
  static Tolerance within(double relative, double absolute) {
    return new Tolerance(relative, absolute);
  }

  boolean accepts(double expected, double actual) {
    if (Double.isNaN(expected) || Double.isNaN(actual)) {
      return Double.isNaN(expected) && Double.isNaN(actual);
    }
    if (Double.isInfinite(expected) || Double.isInfinite(actual)) {
      return expected == actual;
    }
    return Math.abs(actual - expected) <= absolute + relative * Math.abs(expected);
  }

  @Override
  public String toString() {
    return equals(EXACT) ? "exact" : "rtol " + relative + ", atol " + absolute;
  }
}
