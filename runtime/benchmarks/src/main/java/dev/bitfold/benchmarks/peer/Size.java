package dev.bitfold.benchmarks.peer;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Parses a number of elements: 16Ki, 1Mi or a plain number, which must be a multiple of a matrix
 * row.
 */
final class Size implements ITypeConverter<Integer> {
  private static final int KI = 1 << 10;
  private static final int MI = 1 << 20;

  @Override
  public Integer convert(String text) {
    int unit = text.endsWith("Ki") ? KI : text.endsWith("Mi") ? MI : 1;
    int n = Integer.parseInt(text.replaceAll("[KM]i$", "")) * unit;
    if (n <= 0 || n % Tensors.COLUMNS != 0) {
      throw new TypeConversionException(text + " is not a multiple of " + Tensors.COLUMNS);
    }
    return n;
  }

  static String text(int n) {
    return n % MI == 0 ? n / MI + " Mi" : n / KI + " Ki";
  }
}
