package dev.bitfold.examples.embeddings.evaluation;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints scores as an aligned table. */
public final class ScoreTable {
  private ScoreTable() {}

  /** One line a score, under a head; ends with a line break. */
  public static String of(List<Score> scores) {
    String head =
        String.format(
            "%-20s %10s %10s %10s %12s %9s %9s%n%s%n",
            "configuration",
            "cosine",
            "rho fp32",
            "rho gold",
            "weights",
            "batched",
            "padded",
            "-".repeat(86));
    return scores.stream()
        .map(
            s ->
                String.format(
                    Locale.ROOT,
                    "%-20s %10.5f %10.5f %10.5f %9.2f MB%s%s%n",
                    s.name(),
                    s.cosine(),
                    s.rhoFp32(),
                    s.rhoGold(),
                    s.weightBytes() / 1e6,
                    worst(s.invarianceBatch()),
                    worst(s.invariancePadding())))
        .collect(Collectors.joining("", head, ""));
  }

  private static String worst(Double cosine) {
    return cosine == null ? "" : String.format(Locale.ROOT, " %9.5f", cosine);
  }
}
