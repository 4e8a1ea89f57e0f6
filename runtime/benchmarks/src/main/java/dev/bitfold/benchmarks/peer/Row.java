package dev.bitfold.benchmarks.peer;

import org.jspecify.annotations.Nullable;

/**
 * What one kernel took. Ratios are a peer's time divided by ours: above 1, we are faster.
 *
 * @param kernel its name
 * @param n elements
 * @param threads ours, libtorch's and memcpy's
 * @param tier the name of our kernels
 * @param jdk the feature version of the JDK
 * @param medianNanos our time for a call
 * @param memcpyRatio to a copy of the input
 * @param nativeRatio to libtorch's own operation; null if it has none
 * @param composedRatio to libtorch's in-place operations; null if not measured
 * @param nd4jRatio to ND4J's own operations; null if not measured
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

  /** Whether both say what the same run measures, and so replace each other. */
  boolean samePlace(Row other) {
    return kernel.equals(other.kernel)
        && n == other.n
        && threads == other.threads
        && tier.equals(other.tier)
        && jdk == other.jdk;
  }
}
