/**
 * Compares the library with outputs recorded from other quantization libraries. A recorded case
 * names its operation; a {@link dev.bitfold.golden.GoldenOp} runs it through the public API.
 */
@NullMarked
package dev.bitfold.golden;

import org.jspecify.annotations.NullMarked;
