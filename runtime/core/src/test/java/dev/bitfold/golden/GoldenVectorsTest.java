package dev.bitfold.golden;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * Every recorded case in the directory {@code -Dbitfold.golden=DIR}; the test resources by default.
 */
@Tag("any-jdk")
class GoldenVectorsTest {
  private static final Map<String, GoldenOp> OPS = ops();
  private static final GoldenReport REPORT = new GoldenReport();

  private static Map<String, GoldenOp> ops() {
    Map<String, GoldenOp> ops = new HashMap<>();
    Stream.of(
            IntegerOps.ops(),
            GradientOps.ops(),
            AffineOps.ops(),
            FloatOps.ops(),
            BlockOps.ops(),
            CalibrationOps.ops(),
            SmoothQuantOps.ops(),
            DescriptorOps.ops())
        .forEach(ops::putAll);
    return Map.copyOf(ops);
  }

  @TestFactory
  Stream<DynamicContainer> recordedCases() throws Exception {
    return files().stream()
        .map(
            file ->
                DynamicContainer.dynamicContainer(
                    file.getFileName().toString(),
                    cases(file).stream()
                        .map(golden -> DynamicTest.dynamicTest(golden.name(), () -> run(golden)))));
  }

  @AfterAll
  static void report() {
    System.out.println(REPORT.summary());
  }

  private static List<Path> files() throws Exception {
    String directory = System.getProperty("bitfold.golden", "");
    Path path =
        directory.isBlank()
            ? Path.of(GoldenVectorsTest.class.getResource("/golden").toURI())
            : Path.of(directory);
    try (Stream<Path> entries = Files.list(path)) {
      List<Path> files =
          entries.filter(p -> p.getFileName().toString().endsWith(".json")).sorted().toList();
      if (files.isEmpty()) {
        throw new IllegalArgumentException("no *.json in " + path);
      }
      return files;
    }
  }

  private static List<GoldenCase> cases(Path file) {
    String name = file.getFileName().toString();
    try {
      JsonNode root = new ObjectMapper().readTree(file.toFile());
      return StreamSupport.stream(root.path("cases").spliterator(), false)
          .map(json -> new GoldenCase(name, json))
          .toList();
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file, e);
    }
  }

  private static void run(GoldenCase golden) {
    String skip = reasonToSkip(golden);
    if (!skip.isEmpty()) {
      REPORT.skipped(golden, skip);
      Assumptions.abort(skip);
    }
    try {
      check(golden).ifPresent(why -> REPORT.onPurpose(golden, why));
      REPORT.passed();
    } catch (Throwable wrong) {
      REPORT.failed();
      throw wrong;
    }
  }

  /** Checks a case; where the library differs from the peer on purpose, says why. */
  static Optional<String> check(GoldenCase golden) {
    GoldenOp op = OPS.get(golden.op());
    if (op == null) {
      throw new AssertionError("unknown operation " + golden.op());
    }
    GoldenResult result;
    try {
      result = op.run(golden);
    } catch (RuntimeException refusal) {
      if (golden.expectsError() && Refusal.isOurs(refusal)) {
        return Optional.empty();
      }
      if (OnPurpose.mayRefuse(golden, refusal)) {
        return Optional.of("the library refuses what makes no sense, and names it");
      }
      throw new AssertionError(golden + ": " + refusal, refusal);
    }
    if (golden.expectsError()) {
      Optional<String> why = OnPurpose.mayAccept(golden);
      if (why.isEmpty()) {
        fail(golden + ": expected a refusal as the peer's " + golden.expected());
      }
      return why;
    }
    Comparison.check(golden, result);
    return Optional.empty();
  }

  /** Only what documents a peer's bug is skipped; empty: run it. */
  private static String reasonToSkip(GoldenCase golden) {
    if (golden.tolerance().equals("informational")) {
      return "informational, " + golden.note();
    }
    JsonNode error = golden.expected().path("error");
    if (golden.expected().has("peer_error") || golden.json().has("peer_error")) {
      return "a peer's bug, " + golden.note();
    }
    // Python's names for a slip in the peer's own code.
    boolean slip = error.asText().equals("NameError") || error.asText().equals("IndexError");
    return slip ? "a peer's bug, " + golden.note() : "";
  }
}
