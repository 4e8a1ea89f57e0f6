package dev.bitfold.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bitfold compare}: figures of files whose outputs are known. */
class CompareTest {
  private final Path folder;

  CompareTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path data(String... lines) throws IOException {
    return Files.writeString(folder.resolve("data.jsonl"), String.join("\n", lines));
  }

  private static JsonNode json(Run run) throws IOException {
    assertEquals(0, run.code(), run.err());
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void figuresAreThoseOfTheOutputs() throws IOException {
    // Rows [1, 0] and [0, 2] give (3, 4) and (0, 2) in one file, and (3, 3) and (2, 2) in the
    // other.
    Path a = SmallModels.product(folder.resolve("a.onnx"), 3, 4, 0, 1);
    Path b = SmallModels.product(folder.resolve("b.onnx"), 3, 3, 1, 1);
    Path data = data("{\"x\": [[1, 0]]}", "{\"x\": [[0, 2]]}");

    JsonNode y = json(Run.of("compare", a, b, "--data", data, "--json")).at("/outputs/y");

    double first = 21 / Math.sqrt(25.0 * 18);
    double second = 4 / Math.sqrt(4.0 * 8);
    assertEquals(2, y.get("samples").asInt());
    assertEquals((first + second) / 2, y.get("cosine").asDouble(), 1e-12);
    assertEquals(second, y.get("worstCosine").asDouble(), 1e-12);
    assertEquals(10 * Math.log10(29.0 / 5), y.get("snr").asDouble(), 1e-9);
    assertEquals(0.5, y.get("maxRelative").asDouble(), 1e-12);
    assertEquals(0.5, y.get("equal").asDouble(), 1e-12);
  }

  @Test
  void theSameFileHasTheSameBits() throws IOException {
    Path a = SmallModels.product(folder.resolve("a.onnx"), 3, 4, 0, 1);
    Path data = data("{\"x\": [[1, 0], [0.5, 2]]}");

    Run table = Run.of("compare", a, a, "--data", data);
    JsonNode json = json(Run.of("compare", a, a, "--data", data, "--json"));

    assertTrue(table.out().contains("SNR infinite dB"), table.out());
    assertTrue(table.out().contains("the same bits"), table.out());
    assertEquals(1, json.at("/outputs/y/equal").asDouble());
    assertTrue(json.at("/outputs/y/snr").isNull());
    assertEquals(Files.size(a), json.at("/a/bytes").asLong());
    assertEquals(2, json.at("/time/rows").asInt());
    assertTrue(json.at("/time/ratio").asDouble() > 0);
  }

  @Test
  void aBoundThatIsNotMetExitsWithThree() throws IOException {
    Path a = SmallModels.product(folder.resolve("a.onnx"), 3, 4, 0, 1);
    Path b = SmallModels.product(folder.resolve("b.onnx"), 3, 3, 1, 1);
    Path data = data("{\"x\": [[1, 0]]}");

    Run met = Run.of("compare", a, b, "--data", data, "--at-least", "cosine=0.98,snr=13");
    Run missed = Run.of("compare", a, b, "--data", data, "--at-least", "snr=14");

    assertEquals(0, met.code(), met.err());
    assertEquals(3, missed.code());
    assertEquals(
        "bitfold: output 'y' reaches snr=13.979400, not 14.0 on " + data, missed.err().strip());
  }

  @Test
  void whetherATextDependsOnOthersIsMeasured() throws IOException {
    Path alone = SmallModels.tokens(folder.resolve("a.onnx"), false);
    Path batch = SmallModels.tokens(folder.resolve("b.onnx"), true);
    Path data =
        data(
            "{\"input_ids\": [[0, 1, 3], [3, 0, 0]], \"attention_mask\": [[1, 1, 1], [1, 0, 0]]}",
            "{\"input_ids\": [[2, 1]], \"attention_mask\": [[1, 1]]}");

    JsonNode json = json(Run.of("compare", alone, batch, "--data", data, "--json"));

    assertEquals(3, json.at("/a/invariance/texts").asInt());
    assertEquals(3, json.at("/a/invariance/sameInBatch").asInt());
    assertEquals(3, json.at("/a/invariance/samePadded").asInt());
    // The largest value of all is in the third text, which therefore stays.
    assertEquals(1, json.at("/b/invariance/sameInBatch").asInt());
    assertEquals(3, json.at("/b/invariance/samePadded").asInt());
    assertEquals(3, json.at("/a/invariance/batch").asInt());
    assertTrue(json.at("/b/invariance/worstInBatch").asDouble() < 0.99);
    Run table = Run.of("compare", alone, batch, "--data", data);
    assertTrue(table.out().contains("all 3 bit for bit"), table.out());
    assertTrue(table.out().contains("1 of 3, worst cosine"), table.out());
  }

  @Test
  void asManyTextsAreComparedAsAreAskedFor() throws IOException {
    Path file = SmallModels.tokens(folder.resolve("a.onnx"), false);
    String ids = IntStream.range(0, 40).mapToObj(i -> "[" + i % 4 + ", 1]").toList().toString();
    String mask = Collections.nCopies(40, "[1, 1]").toString();
    Path data = data("{\"input_ids\": " + ids + ", \"attention_mask\": " + mask + "}");
    int[][] expected = {{5, 5, 5}, {32, 32, 32}, {40, 40, 20}, {100, 40, 20}};
    for (int[] one : expected) {
      JsonNode json =
          json(Run.of("compare", file, file, "--data", data, "--json", "--texts", one[0]));
      assertEquals(one[1], json.at("/a/invariance/texts").asInt());
      assertEquals(one[1], json.at("/b/invariance/sameInBatch").asInt());
      assertEquals(one[2], json.at("/a/invariance/batch").asInt());
    }
    Run none = Run.of("compare", file, file, "--data", data, "--texts", 0);
    assertEquals(2, none.code());
    assertEquals("bitfold: --texts 0: one at least is needed", none.err().strip());
  }

  @Test
  void paddingIsNotCompared() throws IOException {
    Path a = SmallModels.tokens(folder.resolve("a.onnx"), false);
    Path data = data("{\"input_ids\": [[2, 1, 0]], \"attention_mask\": [[1, 1, 0]]}");
    Path b = SmallModels.tokens(folder.resolve("b.onnx"), true);

    JsonNode all = json(Run.of("compare", a, b, "--data", data, "--json"));
    JsonNode mean = json(Run.of("compare", a, b, "--data", data, "--json", "--pooling", "mean"));
    JsonNode cls = json(Run.of("compare", a, b, "--data", data, "--json", "--pooling", "cls"));

    // Rows (7, 8, -9) and (-1, 0.5, 4), from which 8 is taken in the other file.
    assertEquals(
        cosine(new double[] {7, 8, -9, -1, 0.5, 4}, 8),
        all.at("/outputs/last_hidden_state/cosine").asDouble(),
        1e-6);
    assertEquals(
        cosine(new double[] {3, 4.25, -2.5}, 8),
        mean.at("/outputs/last_hidden_state/cosine").asDouble(),
        1e-6);
    assertEquals(
        cosine(new double[] {7, 8, -9}, 8),
        cls.at("/outputs/last_hidden_state/cosine").asDouble(),
        1e-6);
  }

  private static double cosine(double[] x, double less) {
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (double value : x) {
      xx += value * value;
      yy += (value - less) * (value - less);
      xy += value * (value - less);
    }
    return xy / Math.sqrt(xx * yy);
  }

  private static void refused(String reason, Object... args) {
    Run run = Run.of(args);
    assertEquals(2, run.code(), run.err());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(reason), run.err());
  }

  @Test
  void badInputIsOneSentence() throws IOException {
    Path a = SmallModels.product(folder.resolve("a.onnx"), 3, 4, 0, 1);
    Path tokens = SmallModels.tokens(folder.resolve("t.onnx"), false);
    Path data = data("{\"x\": [[1, 0]]}");
    Path other = Files.writeString(folder.resolve("o.jsonl"), "{\"xx\": [[1, 0]]}");
    Path shape = Files.writeString(folder.resolve("s.jsonl"), "{\"x\": [[1, 0, 2]]}");
    Path empty = Files.writeString(folder.resolve("e.jsonl"), "\n");
    Path text = Files.writeString(folder.resolve("lines.txt"), "a line");
    Path garbage = Files.writeString(folder.resolve("g.onnx"), "this is not a model");

    refused("no data is given", "compare", a, a);
    refused("the model has no input 'xx'; did you mean 'x'?", "compare", a, a, "--data", other);
    refused("array 'x' is int64 [1, 3]", "compare", a, a, "--data", shape);
    refused("holds no batch", "compare", a, a, "--data", empty);
    refused("missing: there is no such file", "compare", a, a, "--data", folder + "/missing");
    refused("missing: there is no such file", "compare", a, folder + "/missing", "--data", data);
    refused("g.onnx: ONNX Runtime cannot open it", "compare", a, garbage, "--data", data);
    refused("is a folder, not an ONNX file", "compare", a, folder, "--data", data);
    refused("texts are given with --text and --tokenizer", "compare", a, a, "--data", text);
    refused("texts need the model's tokenizer", "compare", a, a, "--text", text);
    refused("give one of --data", "compare", a, a, "--data", data, "--images", folder);
    refused("images need the size", "compare", a, a, "--images", folder);
    refused("is not a height and a width", "compare", a, a, "--images", folder, "--size", "4");
    refused("have no output in common", "compare", a, tokens, "--data", both());
    refused("did you mean 'cosine'?", "compare", a, a, "--data", data, "--at-least", "cosin=1");
    refused("expected is a number", "compare", a, a, "--data", data, "--at-least", "snr=high");
    for (String beyond : List.of("cosine=1.5", "worst-cosine=1.0001")) {
      refused("a cosine is at most 1", "compare", a, a, "--data", data, "--at-least", beyond);
    }
    refused("it is none, mean or cls", "compare", a, a, "--data", data, "--pooling", "max");
    refused("1 at least", "compare", a, a, "--data", data, "--batch-size", "0");
  }

  private Path both() throws IOException {
    return Files.writeString(
        folder.resolve("both.jsonl"),
        "{\"x\": [[1, 0]], \"input_ids\": [[1]], \"attention_mask\": [[1]]}");
  }
}
