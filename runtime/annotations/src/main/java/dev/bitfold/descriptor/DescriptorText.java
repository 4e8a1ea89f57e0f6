package dev.bitfold.descriptor;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import java.util.stream.Collectors;

/** A descriptor in words, for tables and messages. */
final class DescriptorText {
  private DescriptorText() {}

  static String of(QuantDescriptor d) {
    return d.format().label()
        + " "
        + granularity(d)
        + (d.scaleFormat() == ScaleFormat.FLOAT32 ? "" : ", " + d.scaleFormat().label() + " scales")
        + (d.scaleRule() == ScaleRule.FLOOR ? "" : ", scale rule " + d.scaleRule())
        + (d.rounding() == Rounding.HALF_EVEN ? "" : ", rounded " + d.rounding())
        + (d.affine() ? ", affine" : "")
        + (d.dynamic() ? ", dynamic" : "")
        + (d.name().isEmpty() ? "" : " \"" + d.name() + "\"");
  }

  static String granularity(QuantDescriptor d) {
    if (!d.blockSizes().isEmpty()) {
      return d.blockSizes().stream().map(BlockSize::toString).collect(Collectors.joining(", "));
    }
    if (!d.per().isEmpty()) {
      return d.per().equals("NT") ? "per token" : "per " + d.per();
    }
    return d.axis().isEmpty()
        ? "per tensor"
        : "per axis " + d.axis().stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
