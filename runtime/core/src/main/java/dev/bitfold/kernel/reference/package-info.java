/**
 * The kernels as plain formulas, element by element: the oracle that the fast kernels are tested
 * against. Imports {@code kernel} alone.
 */
@NullMarked
package dev.bitfold.kernel.reference;

import org.jspecify.annotations.NullMarked;
