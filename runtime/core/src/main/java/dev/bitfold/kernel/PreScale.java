package dev.bitfold.kernel;

/**
 * Factors that the elements are multiplied by before anything else, one rounding each: the
 * pre-quantization scale of SmoothQuant.
 *
 * @param groups which factor an element takes
 * @param factors one per group; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
public record PreScale(Groups groups, float[] factors) {}
