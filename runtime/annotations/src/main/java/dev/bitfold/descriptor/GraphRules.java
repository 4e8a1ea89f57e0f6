package dev.bitfold.descriptor;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.annotations.Ste;
import java.util.Optional;

/** Checks what a quantizer made of a graph's operations can do. */
public final class GraphRules {
  private GraphRules() {}

  /** Returns why a descriptor cannot be used in a SameDiff graph; empty if it can. */
  public static Optional<String> refusal(QuantDescriptor descriptor) {
    if (!descriptor.fakeQuant()) {
      return Optional.of("integer codes have no gradient");
    } else if (!descriptor.blockSizes().isEmpty()) {
      return Optional.of("a graph has no blocks");
    } else if (descriptor.scaleFormat() != ScaleFormat.FLOAT32) {
      return Optional.of("a graph has float32 scales only");
    } else if (!descriptor.format().match(integers -> true, floats -> true, nf4 -> false)) {
      return Optional.of("a graph has integers and floats only");
    } else if (descriptor.rounding() != Rounding.HALF_EVEN) {
      return Optional.of("a graph rounds half to even");
    } else if (descriptor.scaleRule() != ScaleRule.FLOOR) {
      return Optional.of("a graph has no scale rules");
    }
    boolean learned =
        descriptor.learnAmax() || descriptor.ste() == Ste.LSQ || descriptor.ste() == Ste.PACT;
    if (learned && descriptor.affine()) {
      return Optional.of("an affine range is not learned");
    } else if (learned && descriptor.dynamic()) {
      return Optional.of("a dynamic scale is not learned");
    } else if (descriptor.ste() == Ste.LSQ && descriptor.format().integers().isEmpty()) {
      return Optional.of("LSQ is for integers");
    }
    return Optional.empty();
  }
}
