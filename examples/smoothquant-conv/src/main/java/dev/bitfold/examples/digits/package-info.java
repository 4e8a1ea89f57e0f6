/** A convolution network on real digits, quantized with and without SmoothQuant. */
package dev.bitfold.examples.digits;
