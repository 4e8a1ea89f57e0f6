package dev.bitfold.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.storage.Safetensors;
import dev.bitfold.storage.StoredTensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import onnx.Onnx;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.shade.protobuf.ByteString;
import picocli.CommandLine;

/** The command line as a user sees it. */
class BitfoldTest {
  private static final String SUMMARY =
      new Summary(
              List.of(
                  new Summary.Row(
                      "fc1.weight",
                      "Linear",
                      TensorRole.WEIGHT,
                      QuantDescriptor.bits(8),
                      Optional.of(new Summary.Range(0.5f, 2)),
                      OptionalDouble.of(43.25),
                      new Summary.Smoothing.NotWanted(),
                      Optional.empty())),
              List.of(),
              1,
              20,
              64,
              64,
              Optional.empty(),
              Optional.empty())
          .toJson();

  private final Path folder;

  BitfoldTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private record Result(int code, String out, String err) {}

  private static Result run(Object... args) {
    CommandLine command = Bitfold.commandLine();
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] words = new String[args.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = args[i].toString();
    }
    return new Result(command.execute(words), out.toString(), err.toString());
  }

  private Path state(String name, float amax, String descriptor) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("bitfold.version", "1");
    metadata.put("bitfold.summary", SUMMARY);
    metadata.put("bitfold.descriptors", "{\"fc1.x\":" + descriptor + "}");
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    tensors.put("fc1.x.amax", StoredTensor.of(new float[] {amax}));
    tensors.put("fc1.weight", StoredTensor.of(StoredTensor.Type.I8, new byte[16], 4, 4));
    Path file = folder.resolve(name);
    new Safetensors(metadata, tensors).write(file);
    return file;
  }

  @Test
  void inspectPrintsTheSummaryAndOnRequestTheTensors() throws IOException {
    Path file = state("a.safetensors", 3, "{}");

    Result plain = run("inspect", file);
    Result listed = run("inspect", "--tensors", file);

    assertEquals(0, plain.code());
    assertTrue(plain.out().contains("Bitfold state, version 1"), plain.out());
    assertTrue(plain.out().contains("0.5000 … 2.000") && plain.out().contains("43.3"), plain.out());
    assertTrue(listed.out().contains("fc1.weight  I8 [4, 4]"), listed.out());
  }

  @Test
  void inspectGivesJson() throws IOException {
    Result result = run("inspect", "--json", state("a.safetensors", 3, "{}"));

    JsonNode json = new ObjectMapper().readTree(result.out());
    assertEquals("fc1.weight", json.at("/summary/rows/0/path").asText());
    assertEquals("I8", json.at("/tensors/1/type").asText());
    assertEquals(16, json.at("/tensors/1/bytes").asInt());
  }

  @Test
  void filesOfOthersAreListed() throws IOException {
    Path file = folder.resolve("plain.safetensors");
    new Safetensors(Map.of(), Map.of("x", StoredTensor.of(new float[6], 2, 3))).write(file);

    Result result = run("inspect", file);

    assertTrue(result.out().contains("safetensors") && result.out().contains("x  F32 [2, 3]"));
  }

  @Test
  void diffTellsWhatDiffersAndExitsWithOne() throws IOException {
    Path a = state("a.safetensors", 3, "{\"num_bits\":8}");
    Path same = state("same.safetensors", 3, "{\"num_bits\":8}");
    Path b = state("b.safetensors", 3.5f, "{\"num_bits\":4}");

    assertEquals(new Result(0, "", ""), run("diff", a, same));
    Result differing = run("diff", a, b);
    Result json = run("diff", "--json", a, b);

    assertEquals(1, differing.code());
    assertEquals(
        """
        fc1.x: descriptor {"num_bits":8} and {"num_bits":4}
        fc1.x.amax: 1 of 1 values differ, by 0.500 at most
        """,
        differing.out().replace("\r", ""));
    assertEquals(2, new ObjectMapper().readTree(json.out()).size());
  }

  /** y = x W behind DequantizeLinear of int8 codes, one scale per column. */
  private Path model(float scale) throws IOException {
    ByteBuffer scales = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    scales.putFloat(scale).putFloat(0.5f).flip();
    Onnx.GraphProto graph =
        Onnx.GraphProto.newBuilder()
            .addInitializer(
                Onnx.TensorProto.newBuilder()
                    .setName("codes")
                    .setDataType(3)
                    .addDims(3)
                    .addDims(2)
                    .setRawData(ByteString.copyFrom(new byte[6])))
            .addInitializer(
                Onnx.TensorProto.newBuilder()
                    .setName("scale")
                    .setDataType(1)
                    .addDims(2)
                    .setRawData(ByteString.copyFrom(scales)))
            .addNode(node("DequantizeLinear", "/fc/dq", "w", "codes", "scale"))
            .addNode(node("MatMul", "/fc/MatMul", "y", "x", "w"))
            .build();
    Onnx.ModelProto model =
        Onnx.ModelProto.newBuilder()
            .setIrVersion(7)
            .setGraph(graph)
            .addOpsetImport(Onnx.OperatorSetIdProto.newBuilder().setVersion(13))
            .build();
    Path file = folder.resolve("model.onnx");
    Files.write(file, model.toByteArray());
    return file;
  }

  private static Onnx.NodeProto node(String op, String name, String output, String... inputs) {
    return Onnx.NodeProto.newBuilder()
        .setOpType(op)
        .setName(name)
        .addOutput(output)
        .addAllInput(List.of(inputs))
        .build();
  }

  @Test
  void onnxInfoTellsOperatorsTypesAndQuantizedNodes() throws IOException {
    Result result = run("onnx-info", "--tensors", model(0.25f));

    assertEquals(0, result.code());
    assertTrue(result.out().contains("IR version 7, ai.onnx 13"), result.out());
    assertTrue(result.out().contains("/fc/MatMul  MatMul  FLOAT × INT8 [3, 2], scales: 2"));
    assertTrue(result.out().lines().anyMatch(l -> l.matches(" *INT8 +1 +6 bytes")), result.out());
    assertTrue(result.out().contains("codes  INT8 [3, 2]"), result.out());
  }

  @Test
  void onnxInfoGivesJsonAndPointsOutWhatIsNoNumber() throws IOException {
    Path file = model(Float.NaN);

    JsonNode json = new ObjectMapper().readTree(run("onnx-info", "--json", file).out());

    assertEquals(13, json.at("/opsets/ai.onnx").asInt());
    assertEquals(1, json.at("/operators/MatMul").asInt());
    assertEquals(6, json.at("/types/INT8/bytes").asInt());
    assertEquals("INT8", json.at("/quantizedNodes/0/weight").asText());
    assertEquals(1, json.at("/initializers/1/nonFinite").asInt());
    assertTrue(run("onnx-info", file).out().contains("NaN or infinite: 1 values of tensor scale"));
  }

  @Test
  void badFilesAndOptionsGiveOneLineAndExitWithTwo() throws IOException {
    Path garbage = folder.resolve("garbage");
    Files.writeString(garbage, "this is not a file of tensors");

    List<Result> results =
        List.of(
            run("inspect", folder.resolve("missing")),
            run("inspect", garbage),
            run("diff", garbage, garbage),
            run("onnx-info", garbage),
            run("onnx-info", folder),
            run("onnx-info", folder.resolve("missing")));
    for (Result result : results) {
      assertEquals(2, result.code());
      assertEquals("", result.out());
      assertEquals(1, result.err().lines().count(), result.err());
    }
    assertTrue(run("inspect", folder.resolve("missing")).err().contains("no such file"));
    assertEquals(2, run("inspect").code());
    assertEquals(2, run("inspect", "--tensor", garbage).code());
    assertEquals(2, run("nonsense").code());
  }

  @Test
  void helpNamesTheCommands() {
    Result result = run("--help");

    assertEquals(0, result.code());
    assertTrue(result.out().contains("inspect") && result.out().contains("diff"), result.out());
    assertTrue(result.out().contains("onnx-info"), result.out());
    assertTrue(run("onnx-info", "--help").out().contains("--json"));
  }

  @Test
  void listsTypesThatOnlyOthersWrite() throws IOException {
    Path file = folder.resolve("half.safetensors");
    new Safetensors(
            Map.of(), Map.of("h", StoredTensor.of(StoredTensor.Type.BF16, new byte[12], 2, 3)))
        .write(file);

    Result result = run("inspect", file);

    assertEquals(0, result.code());
    assertTrue(result.out().contains("h  BF16 [2, 3]"), result.out());
  }

  @Test
  void outputThatIsLostIsAnError() throws IOException {
    java.io.PrintStream out = System.out;
    System.setOut(
        new java.io.PrintStream(
            new java.io.OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("No space left on device");
              }
            }));
    try {
      assertEquals(CommandLine.ExitCode.USAGE, Bitfold.run("--help"));
    } finally {
      System.setOut(out);
    }
  }

  @Test
  void digitsAreTheSameInEveryLocale() throws IOException {
    Path a = state("a.safetensors", 1, "{}");
    Path b = state("b.safetensors", 2, "{}");
    Path onnx = model(0.25f);
    Locale before = Locale.getDefault();
    try {
      for (String tag : List.of("ar-EG-u-nu-arab", "de-DE")) {
        Locale.setDefault(Locale.forLanguageTag(tag));
        String printed =
            run("diff", a, b).out()
                + run("inspect", "--tensors", a).out()
                + run("onnx-info", "--tensors", onnx).out();
        assertTrue(printed.contains("1 of 1 values differ, by 1.00 at most"), printed);
        assertTrue(printed.chars().noneMatch(c -> c > 127 && Character.isDigit(c)), printed);
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aNameThatBeginsWithAnAtSignIsAFile() throws IOException {
    Path words = Files.writeString(folder.resolve("words"), "--help");

    Result result = run("inspect", "@" + words);

    assertEquals(2, result.code());
    assertTrue(result.err().contains("@" + words + ": there is no such file"), result.err());
  }
}
