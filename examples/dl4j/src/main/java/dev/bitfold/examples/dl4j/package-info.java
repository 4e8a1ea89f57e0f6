/** Quantizes networks of Deeplearning4j: a LeNet that reads digits, and an LSTM that reads text. */
package dev.bitfold.examples.dl4j;
