package dev.bitfold.benchmarks;

import dev.bitfold.benchmarks.peer.PeerComparison;
import dev.bitfold.benchmarks.peer.PeerTable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Starts a benchmark by its name. */
@Command(
    name = "benchmarks",
    mixinStandardHelpOptions = true,
    subcommands = {
      PeerComparison.class,
      PeerTable.class,
      LinearOverhead.class,
      TrainingOverhead.class,
      CompileTime.class,
      VersionComparison.class,
      JmhRun.class,
      Everything.class
    })
public final class Benchmarks {
  private Benchmarks() {}

  /** Runs a benchmark. Exits with a status other than 0 if the sides disagree. */
  public static void main(String[] args) {
    // JMH parses its own options, so they are passed on.
    CommandLine line = new CommandLine(new Benchmarks());
    line.setUnmatchedOptionsArePositionalParams(true);
    System.exit(line.execute(args));
  }
}
