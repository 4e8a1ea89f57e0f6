package dev.bitfold.benchmarks.peer;

import org.jspecify.annotations.Nullable;

/**
 * Holds the measurement of one kernel. A ratio is a peer's time divided by ours: above 1, we are
 * faster.
 *
 * @param kernel its name
 * @param n the number of elements
 * @param threads the number of threads of our kernels, libtorch and memcpy
 * @param tier the name of our kernels
 * @param jdk the feature version of the JDK
 * @param medianNanos our time for one call
 * @param memcpyRatio the ratio for a copy of the input
 * @param nativeRatio the ratio for libtorch's own operation; null if there is none
 * @param composedRatio the ratio for libtorch's in-place operations; null if not measured
 * @param nd4jRatio the ratio for ND4J's own operations; null if not measured
 */
public record Row(
    String kernel,
    int n,
    int threads,
    String tier,
    int jdk,
    double medianNanos,
    @Nullable Double memcpyRatio,
    @Nullable Double nativeRatio,
    @Nullable Double composedRatio,
    @Nullable Double nd4jRatio) {

  /** Returns whether both rows are of the same measurement, so that one replaces the other. */
  boolean samePlace(Row other) {
    return kernel.equals(other.kernel)
        && n == other.n
        && threads == other.threads
        && tier.equals(other.tier)
        && jdk == other.jdk;
  }
}
