package dev.bitfold.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar without ONNX Runtime says so in one sentence. */
class WithoutRuntimeTest {
  @Test
  void modelsAreNotRun(@TempDir Path folder) throws Exception {
    Path model = SmallModels.product(folder.resolve("a.onnx"), 3, 4, 0, 1);
    Path data = Files.writeString(folder.resolve("data.jsonl"), "{\"x\": [[1, 0]]}");
    String path =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(entry -> !entry.contains("onnxruntime-"))
            .collect(Collectors.joining(File.pathSeparator));
    assertFalse(path.contains("onnxruntime-"));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder builder =
        new ProcessBuilder(
            java,
            "dev.bitfold.cli.Bitfold",
            "compare",
            model.toString(),
            model.toString(),
            "--data",
            data.toString());
    builder.environment().put("CLASSPATH", path);
    Process process = builder.redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertEquals(2, process.waitFor(), printed);
    assertEquals(1, printed.lines().filter(line -> !line.startsWith("SLF4J")).count(), printed);
    assertTrue(printed.contains("this jar cannot run models"), printed);
  }
}
