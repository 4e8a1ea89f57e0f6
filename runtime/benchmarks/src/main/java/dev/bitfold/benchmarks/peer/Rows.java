package dev.bitfold.benchmarks.peer;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads and writes the file of rows, and formats its table. */
final class Rows {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private Rows() {}

  /**
   * Adds rows to a file, and replaces its rows for the same kernel, size, threads, tier and JDK.
   */
  static void merge(Path file, List<Row> measured) throws IOException {
    List<Row> rows = new ArrayList<>();
    if (Files.exists(file)) {
      rows.addAll(read(file));
      rows.removeIf(old -> measured.stream().anyMatch(old::samePlace));
    }
    rows.addAll(measured);
    Files.createDirectories(file.toAbsolutePath().getParent());
    JSON.writeValue(file.toFile(), rows);
  }

  static List<Row> read(Path file) throws IOException {
    return JSON.readValue(file.toFile(), new TypeReference<List<Row>>() {});
  }

  /** Returns the head of a Markdown table. */
  static String head() {
    return "| kernel | n | threads | tier | ms | / memcpy | / native | / composed | / ND4J |\n"
        + "|---|--:|--:|---|--:|--:|--:|--:|--:|";
  }

  /** Returns a line of the table. */
  static String line(Row row) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | %s | %.4f | %s | %s | %s | %s |",
        row.kernel(),
        Size.text(row.n()),
        row.threads(),
        row.tier(),
        row.medianNanos() / 1e6,
        ratio(row.memcpyRatio()),
        ratio(row.nativeRatio()),
        ratio(row.composedRatio()),
        ratio(row.nd4jRatio()));
  }

  static String ratio(@Nullable Double ratio) {
    return ratio == null ? "–" : String.format(Locale.ROOT, "%.2f", ratio);
  }
}
