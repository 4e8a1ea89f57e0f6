package dev.bitfold.examples.embeddings;

import dev.bitfold.examples.embeddings.model.MiniLm;

/**
 * A model under a name.
 *
 * @param name the stable name in the table and in {@code result.json}
 * @param model the float model, or an ordinary {@link MiniLm} whose layers are quantized
 * @param weightBytes bytes of all weights, scales included
 */
public record Configuration(String name, MiniLm model, long weightBytes) {}
