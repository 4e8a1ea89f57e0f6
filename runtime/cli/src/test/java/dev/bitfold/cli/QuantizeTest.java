package dev.bitfold.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bitfold.onnx.file.OnnxInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import onnx.Onnx.GraphProto;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bitfold quantize}: what it writes, and what it does not. */
class QuantizeTest {
  private static final int WIDTH = 16;

  private final Path folder;
  private final Path model;
  private final Path data;
  private final Path out;

  QuantizeTest(@TempDir Path folder) {
    this.folder = folder;
    this.model = folder.resolve("net.onnx");
    this.data = folder.resolve("data.jsonl");
    this.out = folder.resolve("int8.onnx");
  }

  @BeforeEach
  void write() throws IOException {
    net(model);
    Random random = new Random(7);
    List<String> lines = new ArrayList<>();
    for (int batch = 0; batch < 4; batch++) {
      List<String> rows = new ArrayList<>();
      for (int row = 0; row < 8; row++) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < WIDTH; i++) {
          values.add(String.valueOf((float) random.nextGaussian()));
        }
        rows.add(values.toString());
      }
      lines.add("{\"x\": " + rows + "}");
    }
    Files.write(data, lines);
  }

  /** y = Relu(x W1 + b1) W2, x of shape [?, 16]. */
  static Path net(Path file) throws IOException {
    Random random = new Random(3);
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(SmallModels.value("x", 1, -1, WIDTH))
            .addOutput(SmallModels.value("y", 1, -1, 8))
            .addInitializer(floats(random, "w1", WIDTH, WIDTH))
            .addInitializer(floats(random, "b1", WIDTH))
            .addInitializer(floats(random, "w2", WIDTH, 8))
            .addNode(SmallModels.node("MatMul", "p1", "x", "w1"))
            .addNode(SmallModels.node("Add", "h1", "p1", "b1"))
            .addNode(SmallModels.node("Relu", "h2", "h1"))
            .addNode(SmallModels.node("MatMul", "y", "h2", "w2"));
    return SmallModels.write(file, graph);
  }

  private static onnx.Onnx.TensorProto floats(Random random, String name, long... shape) {
    int length = 1;
    for (long size : shape) {
      length *= (int) size;
    }
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return SmallModels.floats(name, shape, values);
  }

  private Run quantize(Object... more) {
    List<Object> args = new ArrayList<>(List.of("quantize", model, "-o", out, "--data", data));
    args.addAll(List.of(more));
    return Run.of(args.toArray());
  }

  /** The files in the folder but for those that were there. */
  private List<String> written() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> !List.of("net.onnx", "data.jsonl").contains(name))
          .sorted()
          .toList();
    }
  }

  @Test
  void theFileIsQuantizedProvedAndCompared() throws IOException {
    Run run = quantize("--report", folder.resolve("report.html"), "--at-least", "snr=25");

    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("2 layers: 2 MatMul"), run.out());
    assertTrue(run.out().contains("proved in ONNX Runtime"), run.out());
    assertTrue(run.out().contains("(calibration data):"), run.out());
    assertEquals(2, OnnxInfo.of(out).quantized().size());
    assertEquals(List.of("int8.onnx", "report.html"), written());
    assertTrue(Files.readString(folder.resolve("report.html")).contains("net.onnx"));
  }

  @Test
  void otherDataToMeasureOnIsNotMarked() throws IOException {
    JsonNode own = new ObjectMapper().readTree(quantize("--json").out());
    Path test = Files.copy(data, folder.resolve("test.jsonl"));
    JsonNode other = new ObjectMapper().readTree(quantize("--json", "--test", test).out());

    assertTrue(own.get("calibrationData").asBoolean());
    assertFalse(other.get("calibrationData").asBoolean());
    assertEquals(test.toString(), other.get("data").asText());
    assertTrue(own.at("/outputs/y/snr").asDouble() > 25, own.toString());
  }

  @Test
  void aByteLimitBoundsTheSearchesAndIsOneAtLeast() throws IOException {
    assertEquals(0, quantize("--byte-limit", 1).code());
    Files.delete(out);

    Run run = quantize("--byte-limit", 0);

    assertEquals(2, run.code());
    assertTrue(run.err().contains("--byte-limit 0: it is 1 at least"), run.err());
    assertEquals(List.of(), written());
  }

  @Test
  void skippedLayersStayFloat() throws IOException {
    Run run = quantize("--skip", "y/*", "--recipe", "int8");

    assertEquals(0, run.code(), run.err());
    assertEquals(1, OnnxInfo.of(out).quantized().size());
  }

  @Test
  void aBudgetIsSearchedAndItsFrontIsPrinted() throws IOException {
    Run run = quantize("--budget", "snr>=20", "--test", data);

    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("front (rank correlation of"), run.out());
    assertTrue(run.out().contains("snr>=20.0 is met: "), run.out());
    assertTrue(run.out().contains("int8.so-far.onnx, until the search is done"), run.out());
    assertEquals(List.of("int8.onnx"), written());
  }

  @Test
  void aFileUnderABudgetIsVerified() throws IOException {
    assertEquals(0, quantize("--budget", "bytes<=100000").code());
    Run found = Run.of("verify", out, "--data", data);
    assertEquals(0, found.code(), found.err());
    assertTrue(found.out().contains("bytes<=100000 holds: time "), found.out());
    assertTrue(found.out().contains("measured on the same data"), found.out());

    // The float file is found beside the file, or named.
    Path moved = Files.createDirectory(folder.resolve("deployed")).resolve("int8.onnx");
    Files.copy(out, moved);
    refused("which is neither beside it nor in this folder", "verify", moved, "--data", data);
    assertEquals(0, Run.of("verify", moved, "--float", model, "--data", data).code());
    refused("has no certificate", "verify", model, "--data", data);
    refused(
        "is not the float file that int8.onnx was made of",
        "verify",
        moved,
        "--float",
        moved,
        "--data",
        data);
    refused(
        "there is no such file", "verify", moved, "--float", folder.resolve("x"), "--data", data);
    refused("no data is given", "verify", out);
  }

  @Test
  void aBudgetThatDoesNotHoldIsExitCodeThree() throws IOException {
    assertEquals(3, quantize("--budget", "time<=0.000001").code());
    Run found = Run.of("verify", out, "--data", data);
    assertEquals(3, found.code(), found.err());
    assertTrue(found.out().contains("time<=1.0E-6 does not hold: time "), found.out());
  }

  @Test
  void theReportOfASearchHasItsFront() throws IOException {
    Path report = folder.resolve("report.html");
    assertEquals(0, quantize("--budget", "bytes<=100000", "--report", report).code());
    assertTrue(Files.readString(report).contains("\"search\":{\"budget\":\"bytes"));
  }

  @Test
  void aBudgetThatIsNotMetWritesTheBestFile() throws IOException {
    Run run = quantize("--budget", "time<=0.000001");

    assertEquals(3, run.code(), run.err());
    assertTrue(run.out().contains("is not met; the best is "), run.out());
    assertEquals(List.of("int8.onnx"), written());
  }

  @Test
  void aBoundThatIsNotMetWritesTheReportOnly() throws IOException {
    Run run = quantize("--at-least", "snr=90", "--report", folder.resolve("report.html"));

    assertEquals(3, run.code(), run.err());
    assertTrue(run.err().contains("output 'y' reaches snr="), run.err());
    assertEquals(List.of("report.html"), written());
  }

  private void refused(String reason, Object... args) throws IOException {
    List<String> before = written();
    Run run = Run.of(args);
    assertEquals(2, run.code(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(reason), run.err());
    assertEquals(before, written());
  }

  @Test
  void badInputIsOneSentenceAndWritesNothing() throws IOException {
    Path missing = folder.resolve("missing");
    Path named = Files.writeString(folder.resolve("named.jsonl"), "{\"input\": [[1]]}");
    Path typed = Files.writeString(folder.resolve("typed.jsonl"), "{\"x\": [[true, false]]}");
    Path empty = Files.writeString(folder.resolve("empty.jsonl"), "");
    Path bare = folder.resolve("bare.onnx");
    SmallModels.write(
        bare,
        GraphProto.newBuilder()
            .addInput(SmallModels.value("x", 1, -1, WIDTH))
            .addOutput(SmallModels.value("y", 1, -1, WIDTH))
            .addNode(SmallModels.node("Relu", "y", "x")));

    refused("'int8-smoothquant' needs data", "quantize", model, "-o", out);
    refused("'fast' is no limit", "quantize", model, "-o", out, "--data", data, "--budget", "fast");
    refused(
        "recipe 'int8-weights' takes none",
        "quantize",
        model,
        "-o",
        out,
        "--data",
        data,
        "--weights-only",
        "--budget",
        "snr>=9");
    refused("no input 'input'", "quantize", model, "-o", out, "--data", named);
    refused("array 'x' is bool [1, 2]", "quantize", model, "-o", out, "--data", typed);
    refused("batch", "quantize", model, "-o", out, "--data", empty);
    refused("there is no such file", "quantize", missing, "-o", out, "--data", data);
    refused("there is no such file", "quantize", model, "-o", out, "--data", missing);
    refused("no layer", "quantize", bare, "-o", out, "--data", data);
    refused("would be written over the model", "quantize", model, "-o", model, "--data", data);
    refused("does not exist", "quantize", model, "-o", missing + "/a.onnx", "--data", data);
    refused("its folder is a file", "quantize", model, "-o", model + "/a.onnx", "--data", data);
    refused("is a folder", "quantize", model, "-o", folder, "--data", data);
    refused("did you mean", "quantize", model, "-o", out, "--data", data, "--skip", "y/MatMull");
    refused(
        "did you mean 'int8'?", "quantize", model, "-o", out, "--data", data, "--recipe", "int9");
    refused("no output 'z'", "quantize", model, "-o", out, "--data", data, "--output-name", "z");
  }

  @Test
  void aQuantizedFileIsNotQuantizedAgain() throws IOException {
    assertEquals(0, quantize().code());

    refused(
        "quantized already", "quantize", out, "-o", folder.resolve("twice.onnx"), "--data", data);
  }

  @Test
  void withoutDataWeightsAloneOrDynamicInputsAreQuantized() throws IOException {
    Run weights = Run.of("quantize", model, "-o", out, "--weights-only");
    Path dynamic = folder.resolve("dynamic.onnx");
    Run measured = Run.of("quantize", model, "-o", dynamic, "--dynamic", "--data", data);

    assertEquals(0, weights.code(), weights.err());
    assertEquals(2, OnnxInfo.of(out).quantized().size());
    assertTrue(weights.out().contains("session.disable_quant_qdq=1"), weights.out());
    assertEquals(0, measured.code(), measured.err());
    assertTrue(measured.out().contains("results depend on the batch"), measured.out());
    assertEquals(2, OnnxInfo.of(dynamic).operators().get("MatMulInteger"));
    refused("give one of", "quantize", model, "-o", out, "--dynamic", "--weights-only");
    Path page = folder.resolve("report.html");
    refused("calibrates nothing", "quantize", model, "-o", out, "--dynamic", "--report", page);
    refused(
        "--at-least needs data",
        "quantize",
        model,
        "-o",
        out,
        "--weights-only",
        "--at-least",
        "cosine=0.9");
  }

  @Test
  void aBoundInputIsNotAskedFor() throws IOException {
    Path scaled = folder.resolve("scaled.onnx");
    SmallModels.write(
        scaled,
        GraphProto.newBuilder()
            .addInput(SmallModels.value("x", 1, -1, WIDTH))
            .addInput(SmallModels.value("factor", 1))
            .addOutput(SmallModels.value("y", 1, -1, 8))
            .addInitializer(floats(new Random(5), "w", WIDTH, 8))
            .addNode(SmallModels.node("MatMul", "h", "x", "w"))
            .addNode(SmallModels.node("Mul", "y", "h", "factor")));

    Run run =
        Run.of("quantize", scaled, "-o", out, "--data", data, "--bind", "factor=0.5", "--json");

    assertEquals(0, run.code(), run.err());
    assertTrue(
        new ObjectMapper().readTree(run.out()).at("/outputs/y/snr").asDouble() > 25, run.out());
    refused("input factor", "quantize", scaled, "-o", folder.resolve("b.onnx"), "--data", data);
    refused(
        "expected is a number",
        "quantize",
        scaled,
        "-o",
        out,
        "--data",
        data,
        "--bind",
        "factor=x");
  }

  @Test
  void anExistingFileIsReplacedOnlyByAWholeOne() throws IOException {
    Files.writeString(out, "before");

    assertEquals(3, quantize("--at-least", "snr=90").code());
    assertEquals("before", Files.readString(out));
    assertEquals(0, quantize().code());
    assertTrue(Files.size(out) > 100);
  }
}
