package dev.bitfold.examples.embeddings.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Takes half a minute: {@code mvn test -Dfull=true}. */
@EnabledIfSystemProperty(named = "full", matches = "true")
class FullSetTest {
  @Test
  void theFloatModelReachesItsKnownCorrelationWithTheGoldScores() {
    BatchEmbedder fp32 = new BatchEmbedder(MiniLmFixture.TOKENIZER, MiniLmFixture.MODEL);
    assertEquals(0.7237, new Evaluation(StsData.test(), fp32).fp32(0).rhoGold(), 0.0005);
  }
}
