package dev.bitfold.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A process that is interrupted, or whose disk fills, leaves nothing behind. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class InterruptionTest {
  private static final long SECONDS = 120;

  private final Path folder;
  private final Path out;

  InterruptionTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.out = Files.createDirectory(folder.resolve("out"));
  }

  /** Quantizes 2 × 8192 weights into the folder, in a process of its own. */
  private Process start(String... before) throws IOException {
    float[] weight = new float[16384];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = (float) Math.sin(i);
    }
    Path model = SmallModels.product(folder.resolve("wide.onnx"), weight);
    List<String> rows =
        IntStream.range(0, 16)
            .mapToObj(i -> List.of(Math.cos(i), Math.sin(3 * i)).toString())
            .toList();
    Path data = Files.writeString(folder.resolve("data.jsonl"), "{\"x\": " + rows + "}");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>(List.of(before));
    command.addAll(
        List.of(java, "-Xmx512m", "dev.bitfold.cli.Bitfold", "quantize", model.toString()));
    command.addAll(List.of("--data", data.toString(), "-o", out.resolve("int8.onnx").toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    // Not on the command line, whose length ONNX Runtime's binding does not bear.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().put("OUT", out.toString());
    return builder
        .redirectOutput(new File(folder.toFile(), "stdout"))
        .redirectError(new File(folder.toFile(), "stderr"))
        .start();
  }

  private List<Path> written() throws IOException {
    try (Stream<Path> files = Files.list(out)) {
      return files.toList();
    }
  }

  private String errors() throws IOException {
    return Files.readString(folder.resolve("stderr"));
  }

  @Test
  void anInterruptInTheMiddleLeavesNoFile() throws Exception {
    Process process = start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (written().isEmpty() && process.isAlive() && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertEquals(1, written().size(), errors());

    new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();

    assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS));
    assertEquals(130, process.exitValue(), errors());
    assertEquals(List.of(), written());
  }

  @Test
  void aDiskThatFillsIsOneSentence() throws Exception {
    assumeTrue(
        new ProcessBuilder("unshare", "-rm", "true").start().waitFor() == 0,
        "file systems cannot be mounted here");
    String mount =
        "mount -t tmpfs -o size=16k tmpfs \"$OUT\" && \"$@\"; c=$?; ls -A \"$OUT\"; exit $c";

    Process process = start("unshare", "-rm", "bash", "-c", mount, "bash");

    assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS));
    assertEquals(2, process.exitValue(), errors());
    String last = errors().lines().filter(l -> l.startsWith("bitfold:")).findFirst().orElse("");
    assertTrue(last.contains("cannot be written: No space left on device"), errors());
    String printed = Files.readString(folder.resolve("stdout"));
    assertTrue(!printed.contains(".bitfold-") && !printed.contains("int8.onnx"), printed);
  }
}
