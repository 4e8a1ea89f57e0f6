package dev.bitfold.examples.embeddings.evaluation;

import dev.bitfold.examples.embeddings.data.SentencePair;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.text.Embedder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;

/** Compares encoders with the float model and with people, on the same pairs of sentences. */
public final class Evaluation {
  private final List<SentencePair> pairs;
  private final List<String> sentences;
  private final Map<String, Integer> index = new HashMap<>();
  private final float[][] reference;

  /**
   * Embeds every sentence once with the float model.
   *
   * @param pairs what to judge similarities on
   * @param fp32 the float model
   */
  public Evaluation(List<SentencePair> pairs, Embedder fp32) {
    this.pairs = List.copyOf(pairs);
    this.sentences = StsData.sentences(pairs);
    for (String sentence : sentences) {
      index.put(sentence, index.size());
    }
    this.reference = embed("fp32", fp32);
  }

  /** The distinct sentences that an encoder embeds. */
  public int sentences() {
    return sentences.size();
  }

  /** The float model's own score. */
  public Score fp32(long weightBytes) {
    return score("fp32", reference, weightBytes);
  }

  /** The first of the distinct sentences. */
  public List<String> first(int count) {
    return sentences.subList(0, Math.min(count, sentences.size()));
  }

  /** Embeds every sentence with an encoder and compares. */
  public Score of(String name, Embedder embedder, long weightBytes) {
    return score(name, embed(name, embedder), weightBytes);
  }

  private float[][] embed(String name, Embedder embedder) {
    try (ProgressBar bar = Bars.bar("evaluate " + name, sentences.size())) {
      return embedder.embed(sentences, bar::stepBy);
    }
  }

  private Score score(String name, float[][] embeddings, long weightBytes) {
    double cosine = 0;
    for (int i = 0; i < embeddings.length; i++) {
      cosine += cosine(embeddings[i], reference[i]);
    }
    double[] similarities = similarities(embeddings);
    double[] gold = pairs.stream().mapToDouble(SentencePair::gold).toArray();
    return new Score(
        name,
        cosine / embeddings.length,
        new SpearmansCorrelation().correlation(similarities, similarities(reference)),
        new SpearmansCorrelation().correlation(similarities, gold),
        weightBytes);
  }

  private double[] similarities(float[][] embeddings) {
    return pairs.stream()
        .mapToDouble(
            pair ->
                cosine(embeddings[index.get(pair.first())], embeddings[index.get(pair.second())]))
        .toArray();
  }

  static double cosine(float[] a, float[] b) {
    double dot = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(squaresA * squaresB);
  }
}
