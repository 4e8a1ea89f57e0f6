/** How good the quantized model is over one setting: measured, drawn and written. */
package dev.bitfold.examples.embeddings.curves;
