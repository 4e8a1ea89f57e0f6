package dev.bitfold.examples.embeddings.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.examples.embeddings.data.SentencePair;
import dev.bitfold.examples.embeddings.text.Embedder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  private static final List<SentencePair> PAIRS =
      List.of(
          new SentencePair("a", "b", 5),
          new SentencePair("a", "c", 1),
          new SentencePair("b", "c", 3));

  private static Embedder lookup(Map<String, float[]> vectors, List<String> seen) {
    return (sentences, progress) -> {
      seen.addAll(sentences);
      return sentences.stream().map(vectors::get).toArray(float[][]::new);
    };
  }

  @Test
  void embedsEachDistinctSentenceOnceAndComparesWithTheFloatModelAndTheGoldScores() {
    Map<String, float[]> fp32 =
        Map.of("a", new float[] {1, 0}, "b", new float[] {0.8f, 0.6f}, "c", new float[] {0, 1});
    Map<String, float[]> other =
        Map.of("a", new float[] {1, 0}, "b", new float[] {-0.6f, 0.8f}, "c", new float[] {0, 1});
    List<String> seen = new ArrayList<>();
    Evaluation evaluation = new Evaluation(PAIRS, lookup(fp32, seen));
    assertEquals(List.of("a", "b", "c"), seen);

    // Similarities: float .8, 0, .6; other -.6, 0, .8; gold 5, 1, 3.
    Score score = evaluation.of("other", lookup(other, seen), 7);

    assertEquals((1 + 0 + 1) / 3.0, score.cosine(), 1e-7);
    assertEquals(-0.5, score.rhoFp32(), 1e-12);
    assertEquals(-0.5, score.rhoGold(), 1e-12);
    assertEquals(new Score("fp32", 1, 1, 1, 12), rounded(evaluation.fp32(12)));
  }

  private static Score rounded(Score s) {
    return new Score(
        s.name(),
        Math.rint(s.cosine()),
        Math.rint(s.rhoFp32()),
        Math.rint(s.rhoGold()),
        s.weightBytes());
  }
}
