/** How good and how fast an encoder is, and how that is printed and written. */
package dev.bitfold.examples.embeddings.evaluation;
