package dev.bitfold.processor.validation.onnx;

import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.descriptor.QuantizerUse;
import java.util.Optional;

/**
 * Says which descriptors have no form in an ONNX file, so that no quantized file can be written.
 */
final class FormatRules {
  private static final int BYTE = 8;

  /**
   * Describes why a descriptor has no form.
   *
   * @param element the element of {@code @Quantize} that says so
   */
  record Unwritable(String element, String message, String remedy) {}

  private FormatRules() {}

  static Optional<Unwritable> problem(QuantizerUse quantizer, Role role, String operator) {
    return quantizer
        .descriptor()
        .flatMap(
            d ->
                switch (role) {
                  case WEIGHT -> weight(d);
                  case INPUT -> d.dynamic() ? dynamicInput(d, operator) : input(d);
                  case OUTPUT ->
                      Optional.of(
                          new Unwritable(
                              "role",
                              "outputs are not quantized in an ONNX file",
                              "leave it out: the next layer quantizes its input"));
                });
  }

  private static Optional<Unwritable> weight(QuantDescriptor d) {
    if (!isWeight(d.format())) {
      return Optional.of(
          new Unwritable(
              element(d),
              "ONNX has no type for " + d.format().label(),
              "weights are integers of up to 8 bits, E4M3 or E5M2"));
    }
    return Optional.empty();
  }

  private static boolean isWeight(NumberFormat format) {
    return format.match(integers -> integers.bits() <= BYTE, FormatRules::isFloat8, table -> false);
  }

  private static boolean isFloat8(NumberFormat.FloatFormat format) {
    return format.bits() == BYTE && (format.exponent() == 4 || format.exponent() == 5);
  }

  private static boolean isWhole(QuantDescriptor d) {
    return d.axis().isEmpty() && d.per().isEmpty() && d.blockSizes().isEmpty();
  }

  private static Optional<Unwritable> input(QuantDescriptor d) {
    boolean bytes =
        d.format()
            .match(integers -> integers.bits() == BYTE, FormatRules::isFloat8, table -> false);
    if (!bytes) {
      return Optional.of(
          new Unwritable(
              element(d),
              "an operator takes no input of " + d.format().label(),
              "inputs are int8, uint8, E4M3 or E5M2"));
    }
    if (!isWhole(d)) {
      return Optional.of(
          new Unwritable(
              granularity(d),
              "an operator takes one scale for its whole input",
              "leave it out, or keep the inputs float with a recipe of weights"));
    }
    if (d.rounding() != Rounding.HALF_EVEN || d.narrowRange()) {
      return Optional.of(
          new Unwritable(
              d.narrowRange() ? "narrowRange" : "rounding",
              "QuantizeLinear rounds to even, and uses the whole range",
              "leave it out"));
    }
    return Optional.empty();
  }

  private static Optional<Unwritable> dynamicInput(QuantDescriptor d, String operator) {
    boolean fits =
        isWhole(d)
            && d.affine()
            && d.format().integers().filter(f -> f.bits() == BYTE).isPresent()
            && d.rounding() == Rounding.HALF_EVEN
            && !d.narrowRange();
    if (!fits) {
      return Optional.of(
          new Unwritable(
              "dynamic",
              "a dynamic scale is that of DynamicQuantizeLinear: 8 bits, one scale and zero point for"
                  + " the whole input",
              "write @Quantize(role = Role.INPUT, bits = 8, unsigned = true, affine = true, dynamic ="
                  + " true), or leave out dynamic"));
    }
    return operator.equals("ConvTranspose")
        ? Optional.of(
            new Unwritable(
                "dynamic",
                "there is no ConvTranspose of integers",
                "leave out dynamic, or keep its input float"))
        : Optional.empty();
  }

  private static String element(QuantDescriptor d) {
    return d.namedFormat() == dev.bitfold.annotations.Format.BITS ? "bits" : "format";
  }

  private static String granularity(QuantDescriptor d) {
    return !d.per().isEmpty() ? "per" : !d.axis().isEmpty() ? "axis" : "blockSizes";
  }
}
