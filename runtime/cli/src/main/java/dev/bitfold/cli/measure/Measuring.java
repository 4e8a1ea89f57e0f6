package dev.bitfold.cli.measure;

/**
 * How files are measured.
 *
 * @param pooling what is compared of outputs with a vector a token
 * @param texts how many texts at most are compared alone, in a batch and padded
 */
public record Measuring(Pooling pooling, int texts) {}
