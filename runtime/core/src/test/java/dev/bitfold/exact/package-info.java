/**
 * A second oracle: what {@code docs/numerics.md} says, in exact rational numbers that are rounded
 * once where the page says so. It shares no code with the kernels, so it can prove the reference
 * kernels, which are the oracle of all others.
 */
@NullMarked
package dev.bitfold.exact;

import org.jspecify.annotations.NullMarked;
