package dev.bitfold.examples.embeddings.data;

/**
 * Two sentences and how similar people find them.
 *
 * @param first a sentence
 * @param second another
 * @param gold the mean of several judgements, 0 (unrelated) to 5 (equivalent)
 */
public record SentencePair(String first, String second, double gold) {}
