/**
 * The task: pairs of sentences with gold scores, from the class path. It may use nothing of ours.
 */
package dev.bitfold.examples.embeddings.data;
