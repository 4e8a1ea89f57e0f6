/**
 * The kernels of {@code dev.bitfold.kernel} on a card: how tensors, groups, scales and grids get
 * there, which kernel is launched and with how many blocks, and when the card is used at all.
 * Imports {@code dev.bitfold.kernel} and {@code dev.bitfold.cuda.driver}.
 */
@NullMarked
package dev.bitfold.cuda.kernel;

import org.jspecify.annotations.NullMarked;
