package dev.bitfold.kernel;

/**
 * Holds SmoothQuant's pre-quant scale: the factors that elements are multiplied by before anything
 * else, with one rounding each.
 *
 * @param groups the groups, which determine the factor of an element
 * @param factors the factor of each group; must not be changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
public record PreQuantScale(Groups groups, float[] factors) {}
