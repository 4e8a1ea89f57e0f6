/**
 * Contains programs that measure. {@link dev.bitfold.benchmarks.Benchmarks} starts comparisons in
 * interleaved rounds, and JMH benchmarks of single calls. May import everything.
 */
@NullMarked
package dev.bitfold.benchmarks;

import org.jspecify.annotations.NullMarked;
