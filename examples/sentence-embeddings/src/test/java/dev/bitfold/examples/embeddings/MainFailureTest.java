package dev.bitfold.examples.embeddings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * Checks bad files and options: each gives one line on stderr that names the culprit, nothing on
 * stdout, and exit code 2.
 */
class MainFailureTest {
  @TempDir static Path folder;

  @BeforeAll
  static void writeFiles() throws Exception {
    byte[] model = MiniLmFixture.FILE.bytes();
    byte[] tokenizer = MiniLmFixture.TOKENIZER_FILE.bytes();
    Files.write(folder.resolve("model.onnx"), model);
    Files.write(folder.resolve("truncated.onnx"), Arrays.copyOf(model, model.length / 2));
    Files.write(folder.resolve("last-byte-missing.onnx"), Arrays.copyOf(model, model.length - 1));
    Files.write(folder.resolve("truncated.json"), Arrays.copyOf(tokenizer, 5000));
    Files.write(folder.resolve("empty.onnx"), new byte[0]);
    Files.writeString(folder.resolve("garbage.onnx"), "No model at all.\n".repeat(100));
    Files.writeString(folder.resolve("garbage.json"), "{\"a\": 1}");
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        Arguments.of("--model no.onnx --tokenizer t.json", "no.onnx: there is no such file"),
        Arguments.of("--model truncated.onnx --tokenizer t.json", "truncated.onnx: is truncated"),
        Arguments.of(
            "--model last-byte-missing.onnx --tokenizer t.json",
            "last-byte-missing.onnx: is truncated"),
        Arguments.of("--model empty.onnx --tokenizer t.json", "empty.onnx: is no ONNX file"),
        Arguments.of("--model garbage.onnx --tokenizer t.json", "garbage.onnx: is truncated or no"),
        Arguments.of("--model . --tokenizer t.json", "cannot be read: Is a directory"),
        Arguments.of("--model model.onnx --tokenizer no.json", "no.json: there is no such file"),
        Arguments.of(
            "--model model.onnx --tokenizer truncated.json", "truncated.json: is no tokenizer"),
        Arguments.of("--model model.onnx --tokenizer garbage.json", "garbage.json: is no tokenize"),
        Arguments.of("--peer no.onnx", "no.onnx: there is no such file"),
        Arguments.of("--peer truncated.onnx", "truncated.onnx: is truncated"),
        Arguments.of("--output model.onnx/result.json", "result.json: cannot be written"),
        Arguments.of("--output .", "cannot be written"),
        Arguments.of("--proof-benchmark --output model.onnx/r.json", "cannot be written"),
        Arguments.of("--curves model.onnx/curves", "cannot be written"),
        Arguments.of("--model model.onnx", "--model and --tokenizer belong together"),
        Arguments.of("--heads 7", "384 channels cannot be split into 7 attention heads"),
        Arguments.of("--pooling max", "'--pooling'"),
        Arguments.of("--calibration 0", "--calibration"),
        Arguments.of("--calibration 1000000", "--calibration"),
        Arguments.of("--calibration many", "'--calibration'"),
        Arguments.of("--every 0", "--every: takes 1 to 100, not 0"),
        Arguments.of("--four-bits --bytes 0", "--bytes: takes a number above 0, with --four-bits"),
        Arguments.of("--bytes 17400000", "--bytes: takes a number above 0, with --four-bits"),
        Arguments.of("--every 3108", "--every: takes 1 to 100, not 3108"),
        Arguments.of("--max-length 1", "--max-length"),
        Arguments.of("--modell x", "Unknown options: '--modell', 'x'"),
        Arguments.of("something", "Unmatched argument"));
  }

  /** The arguments, files being those of the temporary folder. */
  private static String[] arguments(String line) {
    return Stream.of(line.split(" "))
        .map(a -> a.matches(".*\\.(onnx|json)|.*/curves|\\.") ? folder.resolve(a).toString() : a)
        .toArray(String[]::new);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void aMistakeIsOneLineAndExitCode2(String line, String expected) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine program =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    int code = program.execute(arguments(line));

    assertEquals(2, code);
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertTrue(err.toString().startsWith("error: "), err.toString());
    assertTrue(err.toString().contains(expected), err.toString());
  }

  @Test
  void theProcessExitsWith2AndPrintsTheOneLine() throws Exception {
    String model = folder.resolve("truncated.onnx").toString();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(System.getProperty("jvm.args").split(" ")));
    command.addAll(
        List.of(Main.class.getName(), "--model", model, "--tokenizer", "tokenizer.json"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().remove("JDK_JAVA_OPTIONS");
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Path err = folder.resolve("stderr.txt");
    Path out = folder.resolve("stdout.txt");
    Process process = builder.redirectError(err.toFile()).redirectOutput(out.toFile()).start();
    assertTrue(process.waitFor(2, TimeUnit.MINUTES));
    assertEquals(2, process.exitValue());
    assertEquals("", Files.readString(out));
    assertEquals(
        "error: " + model + ": is truncated or no ONNX file" + System.lineSeparator(),
        Files.readString(err, StandardCharsets.UTF_8));
  }
}
