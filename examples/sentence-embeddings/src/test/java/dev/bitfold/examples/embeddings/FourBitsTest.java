package dev.bitfold.examples.embeddings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.evaluation.Evaluation;
import dev.bitfold.examples.embeddings.evaluation.ModelFacts;
import dev.bitfold.examples.embeddings.evaluation.Score;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class FourBitsTest {
  @Test
  void givesTheRowsOfTheFullTable(@TempDir Path folder) throws Exception {
    Evaluation evaluation =
        new Evaluation(
            StsData.every(100, StsData.test()),
            new BatchEmbedder(MiniLmFixture.TOKENIZER, MiniLmFixture.MODEL));
    ModelFacts facts = ModelFacts.of("minilm", MiniLmFixture.MODEL);
    Path out = folder.resolve("int4.onnx");

    List<Score> scores =
        new FourBits(
                MiniLmFixture.FILE,
                MiniLmFixture.TOKENIZER,
                Pooling.MEAN,
                LowBits.sentences(24),
                FourBits.OPTIONS.withSequential(false).withSweeps(0),
                OptionalLong.empty())
            .scores(MiniLmFixture.MODEL, facts, evaluation, out);

    assertEquals(
        List.of("w4-reconstructed", "onnx-int4"), scores.stream().map(Score::name).toList());
    Score java = scores.get(0);
    Score file = scores.get(1);
    assertEquals(Files.size(out), file.weightBytes());
    assertTrue(file.weightBytes() < 13_400_000, "" + file);
    assertTrue(java.weightBytes() < facts.floatBytes() - 32_000_000, "tables stay float: " + java);
    assertTrue(java.cosine() > 0.97 && file.cosine() > 0.97, java + " " + file);
  }
}
