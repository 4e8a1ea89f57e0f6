/**
 * Programs that measure: comparisons in interleaved rounds, started by {@link
 * dev.bitfold.benchmarks.Benchmarks}, and JMH benchmarks of single calls. May import everything.
 */
@NullMarked
package dev.bitfold.benchmarks;

import org.jspecify.annotations.NullMarked;
