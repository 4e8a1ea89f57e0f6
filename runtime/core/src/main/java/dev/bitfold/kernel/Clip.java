package dev.bitfold.kernel;

/**
 * Describes where the gradient of a clip passes: strictly between two limits.
 *
 * @param low one value for each group
 * @param high one value for each group
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Clip(float[] low, float[] high) {}
