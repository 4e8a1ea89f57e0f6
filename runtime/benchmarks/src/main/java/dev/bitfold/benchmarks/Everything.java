package dev.bitfold.benchmarks;

import dev.bitfold.benchmarks.peer.PeerComparison;
import dev.bitfold.benchmarks.peer.PeerTable;
import dev.bitfold.kernel.Kernels;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Measures everything that docs/performance.md shows for one JVM, in about five minutes. Each row
 * of the comparison gets two seconds. Compile time is measured only with the plain Java kernels.
 */
@Command(name = "all", description = "Everything that docs/performance.md shows, for this JVM.")
public final class Everything implements Callable<Integer> {
  @Override
  public Integer call() {
    int failed = 0;
    failed += peers("16Ki,1Mi,16Mi", "int8,int8-axis0,int8-last,e4m3,block16,block32,block128");
    failed += peers("16Ki,1Mi,16Mi", "ste,amax,histogram");
    failed += peers("64Mi", "int8,int8-axis0,e4m3,block32,ste,amax");
    failed += run(new LinearOverhead(), "--rounds", "21");
    failed += run(new TrainingOverhead(), "--rounds", "21");
    if (Kernels.active().name().equals("cpu")) {
      failed += run(new CompileTime(), "--rounds", "3");
    }
    failed += run(new PeerTable());
    return failed;
  }

  private static int peers(String sizes, String kernels) {
    return run(
        new PeerComparison(),
        "--sizes",
        sizes,
        "--kernels",
        kernels,
        "--threads",
        "1,2",
        "--limit",
        "2");
  }

  private static int run(Callable<Integer> command, String... arguments) {
    return new CommandLine(command).execute(arguments);
  }
}
