package dev.bitfold.cuda.standin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that the PTX in the jar was made from the sources, and that devices can run it. */
@Tag("slow")
@Tag("any-jdk")
class PtxTest {
  private static final Path SHIPPED =
      Path.of("src", "main", "resources", "dev", "bitfold", "cuda", "kernels.ptx");
  private static final Pattern SPILLS =
      Pattern.compile("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill");

  @Test
  void ptxIsOfTheSourcesAsTheyAre() throws Exception {
    Path noted = SHIPPED.resolveSibling("kernels.sources.sha256");
    assertEquals(
        StandIn.hash(StandIn.kernelSources(), ""),
        Files.readString(noted).strip(),
        "the kernels' sources have changed: make their PTX with"
            + " mvn -pl runtime/cuda generate-resources -Pregenerate-ptx");
  }

  @Test
  void ptxIsForOldDriversAndHasNoFusedRounding() throws IOException {
    String ptx = Files.readString(SHIPPED);
    assertTrue(ptx.contains("\n.version 6.3\n"));
    assertTrue(ptx.contains("\n.target sm_75\n"));
    assertFalse(Pattern.compile("\\bfma\\.|\\bmad\\.(rn|ftz)").matcher(ptx).find());
    assertFalse(ptx.contains(".ftz"), "subnormal numbers are flushed");
    assertFalse(Pattern.compile("div\\.(approx|full)").matcher(ptx).find());
  }

  @Test
  void elementsAreMovedBy128Bits() throws IOException {
    String ptx = Files.readString(SHIPPED);
    for (String kernel :
        List.of(
            "round_integers",
            "round_floats_aligned",
            "round_table_columns",
            "quantize_blocks_integers",
            "quantize_rows_floats",
            "multiply",
            "clip_gradient",
            "step_gradient")) {
      String body = body(ptx, kernel);
      assertTrue(body.contains("ld.global.v4.f32"), kernel);
      assertTrue(body.contains("st.global.v4.f32"), kernel);
    }
    for (String kernel :
        List.of("amax_of_wide_runs", "max_of_four_columns", "codes_of_rows", "codes_of_tokens")) {
      assertTrue(body(ptx, kernel).contains("ld.global.v4.f32"), kernel);
    }
  }

  private static String body(String ptx, String kernel) {
    int start = ptx.indexOf(".visible .entry " + kernel + "(");
    return ptx.substring(start, ptx.indexOf("\n}", start));
  }

  @Test
  void aCompilerMakesTheSamePtx(@TempDir Path directory) throws Exception {
    Optional<Path> nvcc = StandIn.tool("nvcc");
    assumeTrue(nvcc.isPresent(), "no nvcc here: the hash alone vouches for the PTX");
    Path made = directory.resolve("made.ptx");
    run(
        List.of(
            nvcc.get().toString(),
            "-ptx",
            "-arch=compute_75",
            "-fmad=false",
            "-prec-div=true",
            "-ftz=false",
            "-std=c++17",
            "src/main/cuda/kernels.cu",
            "-o",
            made.toString()));
    String shipped = Files.readString(SHIPPED);
    // Another version of nvcc makes other code; that of the same version is compared.
    String expected =
        Files.readString(made)
            .replaceFirst("\n\\.version .*", "\n.version 6.3")
            .replaceAll("(?m)^//.*\n", "");
    if (instructions(expected) == instructions(shipped)) {
      assertEquals(expected, shipped);
    }
    assertEquals(entries(expected), entries(shipped));
  }

  private static long instructions(String ptx) {
    return ptx.lines().filter(line -> line.endsWith(";")).count();
  }

  private static List<String> entries(String ptx) {
    List<String> entries = new ArrayList<>();
    Matcher matcher = Pattern.compile("\\.entry (\\w+)\\(([^)]*)\\)").matcher(ptx);
    while (matcher.find()) {
      entries.add(matcher.group(1) + matcher.group(2));
    }
    return entries;
  }

  @ParameterizedTest
  @ValueSource(ints = {75, 80, 86, 89, 90, 100})
  void noKernelSpillsRegisters(int architecture, @TempDir Path directory) throws Exception {
    Optional<Path> ptxas = StandIn.tool("ptxas");
    assumeTrue(ptxas.isPresent(), "no ptxas here");
    assumeTrue(
        run(List.of(ptxas.get().toString(), "--help")).contains("'sm_" + architecture + "'"),
        "this ptxas is older than the architecture");
    String report =
        run(
            List.of(
                ptxas.get().toString(),
                "-arch=sm_" + architecture,
                "-v",
                SHIPPED.toString(),
                "-o",
                directory.resolve("kernels.cubin").toString()));
    Matcher matcher = SPILLS.matcher(report);
    int kernels = 0;
    while (matcher.find()) {
      kernels++;
      assertEquals("0 0 0", matcher.group(1) + " " + matcher.group(2) + " " + matcher.group(3));
    }
    assertEquals(StandIn.kernels().size(), kernels);
  }

  @Test
  void thePageListsTheResourcesOfEveryKernel() throws IOException {
    String page = Files.readString(Path.of("..", "..", "docs", "gpu.md"));
    List<String> rows =
        page.lines().filter(line -> line.matches("\\| `\\w+` \\|( \\d+ \\|){7,}")).toList();
    assertEquals(
        StandIn.kernels().stream().sorted().toList(),
        rows.stream().map(row -> row.split("`", 3)[1]).sorted().toList(),
        "made by src/main/cuda/resources.sh");
    assertTrue(rows.stream().allMatch(row -> row.endsWith("| 0 |")));
  }

  private static String run(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }
}
