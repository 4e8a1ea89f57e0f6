package dev.bitfold.cli;

import dev.bitfold.cli.input.BadInputException;
import dev.bitfold.cli.measure.Measuring;
import dev.bitfold.cli.measure.Pooling;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The options of every command that runs models and measures them. */
final class RunOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads of ONNX Runtime (default: one a processor).")
  private int threads;

  @Option(
      names = "--pooling",
      paramLabel = "HOW",
      defaultValue = "none",
      description = {
        "What is compared of outputs with a vector a token: all vectors of a text (none), their"
            + " mean",
        "(mean), or the first (cls). Default: ${DEFAULT-VALUE}."
      })
  private String pooling = "none";

  @Option(
      names = "--at-least",
      paramLabel = "FIGURE=VALUE",
      split = ",",
      description = {
        "A bound for every output: cosine=0.995 (the mean), worst-cosine=0.98 or snr=20"
            + " (decibels).",
        "Not met, the exit code is 3."
      })
  private List<String> atLeast = List.of();

  @Option(
      names = "--texts",
      paramLabel = "N",
      defaultValue = "32",
      description = {
        "How many texts, of all lengths, are compared alone, in batches of 32 and padded (default:",
        "${DEFAULT-VALUE})."
      })
  private int texts = 32;

  int threads() {
    if (threads < 0) {
      throw new BadInputException("--threads " + threads + ": one at least is needed");
    }
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }

  /** Returns how files are measured. */
  Measuring measuring() {
    if (texts < 1) {
      throw new BadInputException("--texts " + texts + ": one at least is needed");
    }
    return Stream.of(Pooling.values())
        .filter(p -> p.name().toLowerCase(Locale.ROOT).equals(pooling))
        .findFirst()
        .map(p -> new Measuring(p, texts))
        .orElseThrow(
            () -> new BadInputException("--pooling " + pooling + ": it is none, mean or cls"));
  }

  List<Bound> bounds() {
    return atLeast.stream().map(Bound::of).toList();
  }
}
