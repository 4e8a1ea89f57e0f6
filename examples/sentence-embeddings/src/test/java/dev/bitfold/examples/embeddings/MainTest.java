package dev.bitfold.examples.embeddings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.evaluation.Evaluation;
import dev.bitfold.examples.embeddings.evaluation.Score;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.peer.PeerModel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class MainTest {
  @Test
  void theShortFormPrintsATableAndWritesTheSameFigures(@TempDir Path folder) throws Exception {
    Path output = folder.resolve("new/folder/result.json");
    StringWriter out = new StringWriter();

    int code =
        Main.commandLine()
            .setOut(new PrintWriter(out))
            .execute("--output", output.toString(), "--calibration", "32", "--every", "32");

    assertEquals(0, code);
    JsonNode result = new ObjectMapper().readTree(output.toFile());
    assertEquals(98, result.at("/pairs").asInt());
    assertEquals(6, result.at("/model/layers").asInt());
    assertEquals(36, result.at("/model/linears").asInt());
    JsonNode configurations = result.at("/configurations");
    JsonNode fp32 = configurations.get(0);
    assertEquals("fp32", fp32.at("/name").asText());
    assertEquals(1, fp32.at("/cosine").asDouble(), 1e-12);
    assertEquals(1, fp32.at("/rhoFp32").asDouble(), 1e-12);
    assertEquals(4L * 22_564_992, fp32.at("/weightBytes").asLong());
    JsonNode peer = configurations.get(configurations.size() - 1);
    assertEquals("peer-int8", peer.at("/name").asText());
    assertEquals(0.9913, peer.at("/cosine").asDouble(), 0.0015);
    assertTrue(peer.at("/invarianceBatch").asDouble() < 0.995, "dynamic scales see the batch");
    JsonNode direct = configurations.get(configurations.size() - 2);
    assertEquals("onnx-direct", direct.at("/name").asText());
    assertTrue(direct.at("/cosine").asDouble() > 0.997, direct.toString());
    assertTrue(direct.at("/sameBits").asBoolean(), direct.toString());
    // ONNX Runtime's own embeddings of the same pairs.
    try (PeerModel runtime =
        new PeerModel(MiniLmFixture.FILE, MiniLmFixture.TOKENIZER, Pooling.MEAN)) {
      Score expected = new Evaluation(StsData.every(32, StsData.test()), runtime).fp32(0);
      assertEquals(expected.rhoGold(), fp32.at("/rhoGold").asDouble(), 1e-4);
    }
    assertTrue(peer.at("/weightBytes").asLong() < 23_000_000);
    for (JsonNode configuration : configurations) {
      String row =
          out.toString()
              .lines()
              .filter(line -> line.startsWith(configuration.at("/name").asText() + " "))
              .findFirst()
              .orElseThrow();
      assertTrue(
          row.contains(
              String.format(Locale.ROOT, "%10.5f", configuration.at("/cosine").asDouble())),
          row);
    }
  }
}
