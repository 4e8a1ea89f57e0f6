package dev.bitfold.examples.embeddings.evaluation;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * How good an encoder is; also an entry of {@code result.json}.
 *
 * @param name the configuration's stable name
 * @param cosine mean cosine of the sentences' embeddings to the float model's
 * @param rhoFp32 Spearman of the pairs' similarities to the float model's
 * @param rhoGold Spearman of the pairs' similarities to the gold scores
 * @param weightBytes bytes of all weights, scales included
 * @param invarianceBatch the worst cosine of a text alone against the same text in a batch of 32;
 *     null where it was not measured
 * @param invariancePadding the worst cosine of a text alone against the same text padded to 128
 *     tokens; null where it was not measured
 * @param sameBits whether these vectors are bit-equal; null where it was not measured
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Score(
    String name,
    double cosine,
    double rhoFp32,
    double rhoGold,
    long weightBytes,
    Double invarianceBatch,
    Double invariancePadding,
    Boolean sameBits) {
  /** A score without what a text's vector depends on. */
  public Score(String name, double cosine, double rhoFp32, double rhoGold, long weightBytes) {
    this(name, cosine, rhoFp32, rhoGold, weightBytes, null, null, null);
  }

  /** With what a text's vector depends on. */
  public Score with(Invariance measured) {
    return new Score(
        name,
        cosine,
        rhoFp32,
        rhoGold,
        weightBytes,
        measured.batch(),
        measured.padding(),
        measured.sameBits());
  }
}
