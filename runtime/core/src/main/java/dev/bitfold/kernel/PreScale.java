package dev.bitfold.kernel;

/**
 * Holds SmoothQuant's pre-quant scale: factors by which elements are multiplied before anything
 * else, with one rounding each.
 *
 * @param groups the groups, which tell the factor of an element
 * @param factors the factor of each group; must not be changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
public record PreScale(Groups groups, float[] factors) {}
