/**
 * Runs a chain of ready-made layers on a device, without a trip to the host. Imports {@code
 * dev.bitfold.layers}, {@code dev.bitfold.internal.state}, {@code dev.bitfold.quantizer} and the
 * other packages of {@code dev.bitfold.cuda}.
 */
@NullMarked
package dev.bitfold.cuda.layers;

import org.jspecify.annotations.NullMarked;
