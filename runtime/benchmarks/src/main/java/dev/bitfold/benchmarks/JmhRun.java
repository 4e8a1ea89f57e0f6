package dev.bitfold.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.Main;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs JMH with its own options. */
@Command(
    name = "jmh",
    description = "Runs the JMH benchmarks that the arguments name, such as SmallCall.")
public final class JmhRun implements Callable<Integer> {
  @Parameters(description = "JMH's own arguments and options.")
  private List<String> arguments = List.of();

  @Override
  public Integer call() throws IOException {
    Main.main(arguments.toArray(String[]::new));
    return 0;
  }
}
