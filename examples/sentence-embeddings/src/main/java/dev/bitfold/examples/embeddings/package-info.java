/**
 * The program: reads a sentence encoder, quantizes it in several ways, and measures each on SemEval
 * STS 2012. It may use every room below.
 */
package dev.bitfold.examples.embeddings;
