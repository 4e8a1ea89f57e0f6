package dev.bitfold.quantizer.scale;

/**
 * Holds all parts of a {@code PackedTensor}, except its descriptor, layout and shape.
 *
 * @param codes the numbers of the grid in the bits of the format, the first in the lowest bits
 * @param scaleCodes the codes of the block scales, one byte each; empty if they are float32
 * @param scales the float32 scales, or the scales of the scale codes
 * @param zeroPoints one zero point for each scale of an affine descriptor; otherwise empty
 * @param scaleOffset what is added to every scale; 0 unless the scales are double-quantized
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; written and read whole
public record PackedParts(
    byte[] codes, byte[] scaleCodes, float[] scales, float[] zeroPoints, float scaleOffset) {}
