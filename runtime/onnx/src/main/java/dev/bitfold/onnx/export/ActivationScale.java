package dev.bitfold.onnx.export;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.quantizer.PackedTensor;

/**
 * Describes how QuantizeLinear quantizes an activation.
 *
 * @param type the type of the codes
 * @param scale the scale, above 0
 * @param zeroPoint the code of 0
 * @param zero whether every value becomes 0, with any scale
 */
record ActivationScale(ElementType type, float scale, int zeroPoint, boolean zero) {
  private static final int SIGNED_TO_UNSIGNED = 128;

  /**
   * Returns the scale of a packed tensor that the same quantizer has made.
   *
   * @param what the beginning of messages
   * @param zero whether the quantizer turns every value into 0
   */
  static ActivationScale of(String what, PackedTensor packed, boolean zero) {
    QuantDescriptor descriptor = packed.descriptor();
    float[] zeroPoints = packed.parts().zeroPoints();
    float[] scales = packed.multipliers();
    ElementType type =
        FormatTypes.of(descriptor.format())
            .filter(t -> t.bits() == 8 && descriptor.format().bits() == 8)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        what + ": activations are int8, uint8, E4M3 or E5M2 in ONNX"));
    if (scales.length != 1) {
      throw new IllegalArgumentException(
          what + " has " + scales.length + " scales; activations take one for the tensor");
    }
    if (descriptor.rounding() != Rounding.HALF_EVEN) {
      throw new IllegalArgumentException(
          what
              + " rounds "
              + descriptor.rounding()
              + ", and ONNX's QuantizeLinear rounds HALF_EVEN; leave out rounding");
    }
    if (descriptor.narrowRange()) {
      throw new IllegalArgumentException(
          what
              + " has a narrow range, and ONNX's QuantizeLinear goes on to the smallest integer;"
              + " leave out narrowRange");
    }
    float scale = scales[0];
    int zeroPoint = zeroPoints.length == 0 ? 0 : Math.round(zeroPoints[0]);
    boolean fits =
        descriptor.format().integers().map(f -> f.holds(zeroPoint)).orElse(zeroPoint == 0);
    if (!(scale > 0) || Float.isInfinite(scale) || !fits) {
      throw new IllegalArgumentException(
          what
              + " has scale "
              + scale
              + " and zero point "
              + zeroPoint
              + ": ONNX takes positive scales, and ranges that hold 0; for values of one sign"
              + " leave out affine");
    }
    return new ActivationScale(type, scale, zeroPoint, zero);
  }

  /** Returns the same numbers in uint8 if these are int8. */
  ActivationScale unsigned() {
    return type == ElementType.INT8
        ? new ActivationScale(ElementType.UINT8, scale, zeroPoint + SIGNED_TO_UNSIGNED, zero)
        : this;
  }
}
