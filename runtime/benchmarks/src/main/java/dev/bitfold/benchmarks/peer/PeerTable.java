package dev.bitfold.benchmarks.peer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Prints the rows of {@link PeerComparison} as a Markdown table, with a line for each kernel, size
 * and number of threads, and a column for each JDK and tier.
 */
@Command(name = "table", description = "Prints the measured rows, JDKs and tiers side by side.")
public final class PeerTable implements Callable<Integer> {
  @Option(names = "--in", description = "The file that rows were added to.")
  private Path in = Path.of("target", "peer-comparison.json");

  @Override
  public Integer call() throws IOException {
    Map<String, Map<String, String>> lines = new LinkedHashMap<>();
    Map<String, Boolean> columns = new TreeMap<>();
    List<String> kernels =
        Rows.read(in).stream().map(Row::kernel).distinct().collect(Collectors.toList());
    Rows.read(in).stream()
        .sorted(
            (a, b) -> {
              int byKernel = kernels.indexOf(a.kernel()) - kernels.indexOf(b.kernel());
              int byThreads = Integer.compare(a.threads(), b.threads());
              return byKernel != 0
                  ? byKernel
                  : byThreads != 0 ? byThreads : Integer.compare(a.n(), b.n());
            })
        .forEach(
            row -> {
              String column = row.jdk() + " " + row.tier();
              columns.put(column, true);
              lines
                  .computeIfAbsent(
                      row.kernel() + " | " + Size.text(row.n()) + " | " + row.threads(),
                      line -> new LinkedHashMap<>())
                  .put(column, cell(row));
            });
    System.out.println("| kernel | n | threads | " + String.join(" | ", columns.keySet()) + " |");
    System.out.println("|---|--:|--:|" + "--:|".repeat(columns.size()));
    lines.forEach(
        (line, cells) ->
            System.out.println(
                "| "
                    + line
                    + columns.keySet().stream()
                        .map(column -> " | " + cells.getOrDefault(column, "–"))
                        .collect(Collectors.joining())
                    + " |"));
    return 0;
  }

  /**
   * Returns milliseconds, and the ratios to memcpy, to libtorch's own operation and to its
   * composition.
   */
  private static String cell(Row row) {
    return String.format(
        Locale.ROOT,
        "%.3f: %s / %s / %s",
        row.medianNanos() / 1e6,
        Rows.ratio(row.memcpyRatio()),
        Rows.ratio(row.nativeRatio()),
        Rows.ratio(row.composedRatio()));
  }
}
