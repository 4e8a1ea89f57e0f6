package dev.bitfold.diagnosis;

import java.util.Locale;
import java.util.OptionalDouble;

/** Formats errors and ratios in the same way in all tables and texts of the runtime. */
public final class Figures {
  private static final double SMALL = 1e-4;

  private static final String LOSSLESS = "lossless";

  private Figures() {}

  /** Returns a relative error: {@code 0.01234}, {@code 3.2e-06}. */
  public static String error(double relative) {
    return format(relative == 0 || Math.abs(relative) >= SMALL ? "%.5f" : "%.1e", relative);
  }

  /** Returns decibels: {@code 38.2}; {@code lossless} if infinite, {@code -} if not measured. */
  public static String text(OptionalDouble decibels) {
    if (decibels.isEmpty()) {
      return "-";
    }
    double value = decibels.getAsDouble();
    return value == Double.POSITIVE_INFINITY ? LOSSLESS : format("%.1f", value);
  }

  /** Returns decibels with their unit: {@code 38.2 dB}; {@code lossless} if infinite. */
  public static String withUnit(double decibels) {
    return decibels == Double.POSITIVE_INFINITY ? LOSSLESS : format("%.1f dB", decibels);
  }

  static String cosine(double cosine) {
    return format("%.5f", cosine);
  }

  /** Returns the decibels of a relative error. */
  static double decibels(double relative) {
    return -20 * Math.log10(relative);
  }

  private static String format(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
