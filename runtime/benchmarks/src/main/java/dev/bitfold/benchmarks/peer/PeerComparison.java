package dev.bitfold.benchmarks.peer;

import dev.bitfold.benchmarks.InterleavedRounds;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.cpu.KernelThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Function;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares our kernels with libtorch's own operation, with the best composition of its in-place
 * operations, with ND4J and with memcpy. All sides run in one JVM, in turn, and medians are
 * compared. Before a kernel is timed, it is proved that all sides compute the same values.
 */
@Command(name = "peers", description = "Compares kernels with libtorch, ND4J and memcpy.")
public final class PeerComparison implements Callable<Integer> {
  private static final int MIN_TIMED = 1 << 20;

  @Option(
      names = "--sizes",
      split = ",",
      converter = Size.class,
      description = "Numbers of elements, such as 16Ki,1Mi,16Mi,64Mi.")
  private List<Integer> sizes = List.of(1 << 14, 1 << 20, 1 << 24, 1 << 26);

  @Option(
      names = "--kernels",
      split = ",",
      description = "Kernels, such as int8,e4m3; otherwise all.")
  private List<String> kernels = new ArrayList<>(Contests.all().keySet());

  @Option(names = "--threads", split = ",", description = "Numbers of threads, such as 1,2.")
  private List<Integer> threads = List.of(1, 2);

  @Option(names = "--rounds", description = "How often each side is timed (default 15).")
  private int rounds = 15;

  @Option(
      names = "--limit",
      description = "Seconds for a row, but for three rounds (default none).")
  private double limit = Double.POSITIVE_INFINITY;

  @Option(names = "--out", description = "The file that rows are added to.")
  private Path out = Path.of("target", "peer-comparison.json");

  @Override
  public Integer call() throws IOException {
    List<Row> rows = new ArrayList<>();
    System.out.println(Rows.head());
    for (int n : sizes) {
      for (String kernel : kernels) {
        rows.addAll(measure(kernel, n));
      }
    }
    Rows.merge(out, rows);
    return 0;
  }

  private List<Row> measure(String kernel, int n) {
    Function<Tensors, Contest> prepare = Contests.all().get(kernel);
    if (prepare == null) {
      throw new IllegalArgumentException(
          "no kernel named " + kernel + "; there are " + Contests.all().keySet());
    }
    List<Row> rows = new ArrayList<>();
    Tensors tensors = new Tensors(n);
    Contest contest = prepare.apply(tensors);
    for (int count : threads) {
      Row row = onThreads(contest, tensors, count);
      System.out.println(Rows.line(row));
      rows.add(row);
    }
    tensors.close();
    return rows;
  }

  /**
   * Measures in a pool of a number of threads, which code that asks for the common pool then uses.
   */
  private Row onThreads(Contest contest, Tensors tensors, int count) {
    ForkJoinPool pool = new ForkJoinPool(count);
    try {
      return pool.submit(() -> proveAndTime(contest, tensors, count)).join();
    } finally {
      pool.shutdown();
    }
  }

  @SuppressWarnings("try") // the mode is what is open
  private Row proveAndTime(Contest contest, Tensors tensors, int count) {
    try (InferenceMode inference = new InferenceMode(true)) {
      setThreads(count); // libtorch's number is that of the calling thread
      contest.proof().run();
      return time(contest, tensors, count);
    }
  }

  private Row time(Contest contest, Tensors tensors, int count) {
    Map<Side, Runnable> sides = new EnumMap<>(contest.sides());
    sides.put(
        Side.MEMCPY,
        new MemoryCopy(
            tensors.address(tensors.x),
            tensors.address(tensors.ours),
            (long) tensors.n * Float.BYTES,
            count));
    int calls = Math.max(1, MIN_TIMED / tensors.n);
    Map<Side, Double> medians = new InterleavedRounds(rounds, calls, limit).medians(sides);
    double ours = medians.getOrDefault(Side.OURS, Double.NaN);
    return new Row(
        contest.kernel(),
        tensors.n,
        count,
        Kernels.active().name(),
        Runtime.version().feature(),
        ours,
        ratio(medians, Side.MEMCPY, ours),
        ratio(medians, Side.NATIVE, ours),
        ratio(medians, Side.COMPOSED, ours),
        ratio(medians, Side.ND4J, ours));
  }

  private static @Nullable Double ratio(Map<Side, Double> medians, Side side, double ours) {
    Double theirs = medians.get(side);
    return theirs == null ? null : theirs / ours;
  }

  private static void setThreads(int count) {
    KernelThreads.shared().setCount(count);
    torch.set_num_threads(count);
    Nd4j.getEnvironment().setMaxThreads(count);
  }
}
