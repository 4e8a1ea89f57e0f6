/**
 * Checks quantizers and recipes, wherever they are declared. Imports {@code reader}, {@code
 * descriptor}, {@code lang} and {@code diagnostics}, and the rules of descriptors, which the
 * runtime shares.
 */
@NullMarked
package dev.bitfold.processor.validation.quantizer;

import org.jspecify.annotations.NullMarked;
