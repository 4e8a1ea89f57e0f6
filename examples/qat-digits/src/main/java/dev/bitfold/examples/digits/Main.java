package dev.bitfold.examples.digits;

import dev.bitfold.annotations.Ste;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** LeNet on digits: float, quantized after training, and trained with its quantizers. */
@Command(name = "qat-digits", mixinStandardHelpOptions = true, sortOptions = false)
public final class Main implements Callable<Integer> {
  private static final long START = System.nanoTime();

  @Option(
      names = "--short",
      description =
          "One seed, 4 and 2 bits, half the digits; training stops after each epoch and resumes.")
  private boolean shortForm;

  @Option(names = "--seeds", defaultValue = "3", description = "How many. Default: 3")
  private int seeds;

  @Option(
      names = "--bits",
      split = ",",
      description = "Of weights and inputs. Default: 8,4,3,2; of the short form 4,2")
  private List<Integer> bits = List.of();

  @Option(
      names = "--untrained",
      description = "Quantize after training only, and also the weights alone.")
  private boolean untrained;

  @Option(
      names = "--validate",
      description = "Leave the test digits alone: hold back 1500 of those to train, test on them.")
  private boolean validate;

  @Option(
      names = "--jobs",
      description = "Nets trained at once, a thread each. Default: one a processor, at most 4")
  private int jobs = Math.min(4, Runtime.getRuntime().availableProcessors());

  @Option(
      names = "--out",
      defaultValue = "target/qat-digits",
      description = "Folder of losses.png and accuracy.csv. Default: ${DEFAULT-VALUE}")
  private Path out = Path.of("target", "qat-digits");

  /** Runs it. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  /** Something to train or to measure. */
  private record Job(String name, Future<Experiment.Trained> result) {}

  @Override
  public Integer call() throws Exception {
    Digits digits = validate ? Digits.load().validation() : Digits.load();
    Experiment.Length length =
        shortForm
            ? new Experiment.Length(4000, 4, 2)
            : new Experiment.Length(digits.trainSize(), 5, 8);
    List<Integer> usual = shortForm ? List.of(4, 2) : List.of(8, 4, 3, 2);
    List<Integer> widths = bits.isEmpty() ? usual : bits;
    Results results = new Results(widths, !untrained);
    Experiment.Checkpoints checkpoints = new Experiment.Checkpoints(out, shortForm);
    ExecutorService threads = Executors.newFixedThreadPool(jobs);
    try {
      List<Job> all = new ArrayList<>();
      Map<LeNet, Experiment> experiments = new LinkedHashMap<>();
      for (long seed = 1; seed <= (shortForm ? 1 : seeds); seed++) {
        Experiment experiment = new Experiment(digits, length, seed, checkpoints);
        LeNet net = LeNet.random(seed);
        experiments.put(net, experiment);
        all.add(start(threads, Results.FLOAT, () -> experiment.trainFloat(net)));
      }
      for (Job job : all) {
        job.result().get();
      }
      experiments.forEach(
          (net, experiment) -> all.addAll(quantized(threads, experiment, net, widths)));
      for (Job job : all) {
        results.add(job.name(), job.result().get());
      }
    } finally {
      threads.shutdownNow();
    }
    System.out.printf(
        "%d digits to train, %d to test, %d seed(s), %.0f s: %% right, mean and half the spread%n%n",
        length.images(), digits.testSize(), results.seeds(), seconds());
    System.out.println(results.table());
    System.out.println("accuracies:  " + results.write(out));
    if (!untrained) {
      System.out.println("loss curves: " + Curves.write(results.curves(), out));
    }
    return 0;
  }

  private List<Job> quantized(
      ExecutorService threads, Experiment experiment, LeNet net, List<Integer> widths) {
    List<Job> jobs = new ArrayList<>();
    if (!untrained) {
      jobs.add(start(threads, Results.LONGER, () -> experiment.trainFloatOn(net)));
    }
    for (int bits : widths) {
      jobs.add(start(threads, Results.ptq(bits), () -> experiment.ptq(net, bits)));
      jobs.add(
          start(threads, Results.reconstructed(bits), () -> experiment.reconstructed(net, bits)));
      if (untrained) {
        jobs.add(start(threads, Results.weights(bits), () -> experiment.weights(net, bits)));
        jobs.add(
            start(
                threads,
                Results.reconstructedWeights(bits),
                () -> experiment.reconstructedWeights(net, bits)));
        continue;
      }
      for (Ste ste : List.of(Ste.CLIP, Ste.LSQ)) {
        jobs.add(start(threads, Results.qat(bits, ste), () -> experiment.qat(net, bits, ste)));
      }
    }
    return jobs;
  }

  private static Job start(
      ExecutorService threads, String name, Callable<Experiment.Trained> work) {
    return new Job(
        name,
        threads.submit(
            () -> {
              Experiment.Trained trained = work.call();
              System.err.printf(
                  Locale.ROOT, "%4.0f s  %-9s %.2f%n", seconds(), name, trained.accuracy());
              return trained;
            }));
  }

  private static double seconds() {
    return (System.nanoTime() - START) / 1e9;
  }
}
