package dev.bitfold.quantizer;

/**
 * Everything that a {@link PackedTensor} consists of, except its descriptor, layout and shape.
 *
 * @param codes as {@link PackedTensor#packedCodes}
 * @param scaleCodes the codes of the block scales, one byte each; empty if they are float32
 * @param scales the float32 scales, or those that the scale codes multiply
 * @param zeroPoints one for each scale of an affine descriptor; otherwise empty
 * @param scaleOffset as {@link PackedTensor#scaleOffset}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; written and read whole
public record PackedParts(
    byte[] codes, byte[] scaleCodes, float[] scales, float[] zeroPoints, float scaleOffset) {}
