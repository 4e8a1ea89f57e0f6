package dev.bitfold.kernel;

/**
 * How elements come to the grid and back, one value per group. IEEE float32, one rounding per
 * operation.
 *
 * @param forward brings an element to the grid: {@code x * forward}, or {@code x / forward}
 * @param divides whether forward divides
 * @param backward brings it back: {@code q * backward}, or {@code q / backward}
 * @param dividesBack whether backward divides
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
public record Scales(float[] forward, boolean divides, float[] backward, boolean dividesBack) {}
