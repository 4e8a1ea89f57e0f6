/** Sentences become batches of tokens, and batches become embeddings. */
package dev.bitfold.examples.embeddings.text;
