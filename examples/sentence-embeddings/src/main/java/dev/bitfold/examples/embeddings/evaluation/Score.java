package dev.bitfold.examples.embeddings.evaluation;

/**
 * How good an encoder is; also an entry of {@code result.json}.
 *
 * @param name the configuration's stable name
 * @param cosine mean cosine of the sentences' embeddings to the float model's
 * @param rhoFp32 Spearman of the pairs' similarities to the float model's
 * @param rhoGold Spearman of the pairs' similarities to the gold scores
 * @param weightBytes bytes of all weights, scales included
 */
public record Score(String name, double cosine, double rhoFp32, double rhoGold, long weightBytes) {}
