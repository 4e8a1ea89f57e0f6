package dev.bitfold.tuning;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Says how much memory a model's weights may take, and which numbers of bits they may have.
 * Immutable.
 *
 * @param bytes the most that weights and biases of all layers may take, packed, as {@link
 *     dev.bitfold.diagnosis.Summary#weightBytes} counts; empty if {@code bitsPerWeight} says it
 * @param bitsPerWeight the most bits for an element of the weights that are chosen for, with their
 *     scales
 * @param bits the numbers of bits that an integer weight may have, in ascending order
 * @param floats whether a weight may stay float
 */
public record Budget(
    OptionalLong bytes, OptionalDouble bitsPerWeight, List<Integer> bits, boolean floats) {
  private static final List<Integer> USUAL = List.of(2, 3, 4, 6, 8);
  private static final int LEAST_BITS = 2;
  private static final int MOST_BITS = 16;
  private static final double MOST_BITS_PER_WEIGHT = 64;

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a number is not positive, or the bits are not between 2 and
   *     16 and ascending
   */
  public Budget {
    bits = List.copyOf(bits);
    if (bytes.isPresent() == bitsPerWeight.isPresent()) {
      throw new IllegalArgumentException("a budget has either bytes or bits per weight");
    }
    double each = bitsPerWeight.orElse(1);
    if (bytes.orElse(1) < 1 || !(each > 0 && each <= MOST_BITS_PER_WEIGHT)) {
      throw new IllegalArgumentException(
          "a budget is above 0, and at most 64 bits per weight: " + limit(bytes, bitsPerWeight));
    }
    if (bits.isEmpty()) {
      throw new IllegalArgumentException("a budget names at least one number of bits");
    }
    int last = LEAST_BITS - 1;
    for (int some : bits) {
      if (some <= last || some > MOST_BITS) {
        throw new IllegalArgumentException(
            "bits are between 2 and 16, in ascending order: " + bits);
      }
      last = some;
    }
  }

  /** Returns a budget in bytes, for 2, 3, 4, 6 or 8 bits a weight, or float. */
  public static Budget bytes(long most) {
    return new Budget(OptionalLong.of(most), OptionalDouble.empty(), USUAL, true);
  }

  /** Returns a budget in bits for an element, for 2, 3, 4, 6 or 8 bits a weight, or float. */
  public static Budget bitsPerWeight(double most) {
    return new Budget(OptionalLong.empty(), OptionalDouble.of(most), USUAL, true);
  }

  /** Returns this budget with other numbers of bits to choose from, in ascending order. */
  public Budget among(Integer... some) {
    return new Budget(bytes, bitsPerWeight, List.of(some), floats);
  }

  /** Returns this budget with all weights quantized that are quantized now. */
  public Budget withoutFloats() {
    return new Budget(bytes, bitsPerWeight, bits, false);
  }

  /** Returns the limit with its unit. */
  @Override
  public String toString() {
    return limit(bytes, bitsPerWeight);
  }

  private static String limit(OptionalLong bytes, OptionalDouble bitsPerWeight) {
    return bytes.isPresent()
        ? bytes.getAsLong() + " bytes"
        : String.format(Locale.ROOT, "%.2f bits per weight", bitsPerWeight.orElseThrow());
  }
}
