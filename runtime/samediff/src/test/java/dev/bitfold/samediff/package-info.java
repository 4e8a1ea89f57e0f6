/** Tests of quantized graphs. */
package dev.bitfold.samediff;
