package dev.bitfold.onnx.export;

import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.onnx.file.ElementType;
import java.util.Optional;

/** Finds the element type that holds the codes of a number format. */
final class FormatTypes {
  private FormatTypes() {}

  /**
   * Returns the element type; empty if ONNX has none: for more than 8 bits, NF4, and floats other
   * than E4M3 and E5M2.
   */
  static Optional<ElementType> of(NumberFormat format) {
    return format.match(FormatTypes::ofIntegers, FormatTypes::ofFloats, nf4 -> Optional.empty());
  }

  private static Optional<ElementType> ofIntegers(IntFormat format) {
    if (format.bits() > 8) {
      return Optional.empty();
    }
    boolean small = format.bits() <= 4;
    return Optional.of(
        format.min() < 0
            ? small ? ElementType.INT4 : ElementType.INT8
            : small ? ElementType.UINT4 : ElementType.UINT8);
  }

  private static Optional<ElementType> ofFloats(FloatFormat format) {
    if (format.bits() != 8) {
      return Optional.empty();
    }
    return switch (format.exponent()) {
      case 4 -> Optional.of(ElementType.FLOAT8E4M3FN);
      case 5 -> Optional.of(ElementType.FLOAT8E5M2);
      default -> Optional.empty();
    };
  }
}
