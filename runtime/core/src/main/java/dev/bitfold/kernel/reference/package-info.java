/**
 * Computes the kernels by plain formulas, element by element. They are the oracle for tests of the
 * fast kernels. Imports only {@code kernel}.
 */
@NullMarked
package dev.bitfold.kernel.reference;

import org.jspecify.annotations.NullMarked;
