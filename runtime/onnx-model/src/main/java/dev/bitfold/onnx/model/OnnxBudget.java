package dev.bitfold.onnx.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says what a quantized file may take, and how good it has to be. Immutable.
 *
 * @param time the most that a run may take, as a part of the float file's time
 * @param bytes the most that the file may have
 * @param cosine the least cosine of the judged output with the float file's, over all data
 * @param decibels the least signal-to-noise ratio of the judged output: ten times the logarithm of
 *     its energy over that of the difference
 */
public record OnnxBudget(
    OptionalDouble time, OptionalLong bytes, OptionalDouble cosine, OptionalDouble decibels) {
  private static final Pattern PART =
      Pattern.compile("\\s*(time|bytes|cosine|snr)\\s*(<=|>=)\\s*([0-9.eE+-]+)\\s*");

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if one is not a number that a file can have, or there is none
   */
  public OnnxBudget {
    require(time.orElse(1) > 0 && Double.isFinite(time.orElse(1)), "a time above 0", time);
    require(bytes.orElse(1) > 0, "bytes above 0", bytes);
    require(
        cosine.orElse(0) >= -1 && cosine.orElse(0) < 1, "a cosine of -1 and more, below 1", cosine);
    require(Double.isFinite(decibels.orElse(0)), "decibels", decibels);
    if (time.isEmpty() && bytes.isEmpty() && cosine.isEmpty() && decibels.isEmpty()) {
      throw new IllegalArgumentException("a budget has at least one limit");
    }
  }

  private static void require(boolean met, String what, Object value) {
    if (!met) {
      throw new IllegalArgumentException("a budget has " + what + ", not " + value);
    }
  }

  /** Returns a budget of time: {@code 0.6} is six tenths of the float file's. */
  public static OnnxBudget time(double most) {
    return new OnnxBudget(
        OptionalDouble.of(most),
        OptionalLong.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty());
  }

  /** Returns a budget of bytes of the file. */
  public static OnnxBudget bytes(long most) {
    return new OnnxBudget(
        OptionalDouble.empty(),
        OptionalLong.of(most),
        OptionalDouble.empty(),
        OptionalDouble.empty());
  }

  /** Returns the fastest file whose judged output has at least this cosine. */
  public static OnnxBudget cosine(double least) {
    return new OnnxBudget(
        OptionalDouble.empty(),
        OptionalLong.empty(),
        OptionalDouble.of(least),
        OptionalDouble.empty());
  }

  /** Returns the fastest file whose judged output has at least this signal-to-noise ratio. */
  public static OnnxBudget snr(double decibels) {
    return new OnnxBudget(
        OptionalDouble.empty(),
        OptionalLong.empty(),
        OptionalDouble.empty(),
        OptionalDouble.of(decibels));
  }

  /** Returns this budget with the limits that another one has, too. */
  public OnnxBudget and(OnnxBudget other) {
    return new OnnxBudget(
        other.time.isPresent() ? other.time : time,
        other.bytes.isPresent() ? other.bytes : bytes,
        other.cosine.isPresent() ? other.cosine : cosine,
        other.decibels.isPresent() ? other.decibels : decibels);
  }

  /**
   * Reads a budget such as {@code time<=0.6,cosine>=0.999}. Its limits are {@code time<=}, {@code
   * bytes<=}, {@code cosine>=} and {@code snr>=} in decibels.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static OnnxBudget parse(String text) {
    OnnxBudget all = null;
    for (String part : text.split(",", -1)) {
      OnnxBudget one = part(part);
      all = all == null ? one : all.and(one);
    }
    return Objects.requireNonNull(all);
  }

  private static OnnxBudget part(String text) {
    Matcher matcher = PART.matcher(text);
    boolean read = matcher.matches();
    String name = read ? matcher.group(1) : "";
    boolean most = name.equals("time") || name.equals("bytes");
    if (!read || most != "<=".equals(matcher.group(2))) {
      throw new IllegalArgumentException(
          "'"
              + text.strip()
              + "' is no limit of a budget; these are: time<=0.6 (of the float file's time),"
              + " bytes<=3000000, cosine>=0.999, snr>=20 (in decibels), with commas between them");
    }
    String number = Objects.requireNonNull(matcher.group(3));
    try {
      return switch (name) {
        case "time" -> time(Double.parseDouble(number));
        case "bytes" -> bytes(Long.parseLong(number));
        case "cosine" -> cosine(Double.parseDouble(number));
        default -> snr(Double.parseDouble(number));
      };
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + number + "' in '" + text.strip() + "' is no number", e);
    }
  }

  /** Returns the most energy of the difference, over that of the output. */
  double error() {
    // Of outputs of one length, the cosine is 1 - error / 2.
    double byCosine = cosine.isEmpty() ? Double.POSITIVE_INFINITY : 2 * (1 - cosine.getAsDouble());
    double bySnr =
        decibels.isEmpty() ? Double.POSITIVE_INFINITY : Math.pow(10, -decibels.getAsDouble() / 10);
    return Math.min(byCosine, bySnr);
  }

  /** Returns the limits as {@link #parse} reads them. */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    time.ifPresent(most -> parts.add("time<=" + most));
    bytes.ifPresent(most -> parts.add("bytes<=" + most));
    cosine.ifPresent(least -> parts.add("cosine>=" + least));
    decibels.ifPresent(least -> parts.add(String.format(Locale.ROOT, "snr>=%s", least)));
    return String.join(",", parts);
  }
}
