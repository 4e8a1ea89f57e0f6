package dev.bitfold.examples.digits;

import dev.bitfold.annotations.Ste;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** LeNet on digits: float, quantized after training, and trained with its quantizers. */
@Command(name = "qat-digits", mixinStandardHelpOptions = true, sortOptions = false)
public final class Main implements Callable<Integer> {
  private static final String LONGER = "float+";
  private static final long START = System.nanoTime();

  @Option(names = "--short", description = "One seed, 4 and 2 bits, fewer epochs: about a minute.")
  private boolean shortForm;

  @Option(names = "--seeds", defaultValue = "3", description = "How many. Default: 3")
  private int seeds;

  @Option(
      names = "--bits",
      split = ",",
      description = "Of weights and inputs. Default: 8,4,3,2; of the short form 4,2")
  private List<Integer> bits = List.of();

  @Option(
      names = "--out",
      defaultValue = "target/qat-digits",
      description = "Folder of losses.png. Default: ${DEFAULT-VALUE}")
  private Path out = Path.of("target", "qat-digits");

  /** Runs it. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Digits digits = Digits.load();
    Experiment.Length length =
        shortForm
            ? new Experiment.Length(4000, 4, 2)
            : new Experiment.Length(digits.trainSize(), 6, 5);
    List<Integer> usual = shortForm ? List.of(4, 2) : List.of(8, 4, 3, 2);
    List<Integer> widths = bits.isEmpty() ? usual : bits;
    Map<String, List<Double>> rows = new LinkedHashMap<>();
    Map<String, List<Double>> curves = new LinkedHashMap<>();
    for (long seed = 1; seed <= (shortForm ? 1 : seeds); seed++) {
      run(new Experiment(digits, length, seed), seed, widths, rows, curves);
    }
    System.out.printf(
        "%d digits to train, %d to test, %d seed(s): %% right, mean and spread%n%n",
        length.images(), Digits.TEST, rows.get("float").size());
    System.out.println(table(rows, widths));
    System.out.println("loss curves: " + Curves.write(curves, out));
    return 0;
  }

  private static void run(
      Experiment experiment,
      long seed,
      List<Integer> widths,
      Map<String, List<Double>> rows,
      Map<String, List<Double>> curves)
      throws Exception {
    LeNet net = LeNet.random(seed);
    note(rows, curves, "float", experiment.trainFloat(net));
    for (int bits : widths) {
      String name = "W" + bits + "A" + bits;
      add(rows, name + " PTQ", experiment.ptq(net, bits));
      note(rows, curves, name + " STE", experiment.qat(net, bits, Ste.CLIP));
      note(rows, curves, name + " LSQ", experiment.qat(net, bits, Ste.LSQ));
    }
    // Last, since it writes to the net that the others begin with.
    note(rows, curves, LONGER, experiment.trainFloatOn(net));
  }

  private static void note(
      Map<String, List<Double>> rows,
      Map<String, List<Double>> curves,
      String name,
      Experiment.Trained trained) {
    add(rows, name, trained.accuracy());
    curves.putIfAbsent(name, trained.losses());
  }

  private static void add(Map<String, List<Double>> rows, String name, double accuracy) {
    rows.computeIfAbsent(name, n -> new ArrayList<>()).add(accuracy);
    double seconds = (System.nanoTime() - START) / 1e9;
    System.err.printf(Locale.ROOT, "%4.0f s  %-10s %.2f%n", seconds, name, accuracy);
  }

  private static String table(Map<String, List<Double>> rows, List<Integer> widths) {
    StringBuilder text = new StringBuilder();
    text.append(String.format("%-8s %15s %15s %15s%n", "", "PTQ", "QAT, clip", "QAT, LSQ"));
    text.append("-".repeat(56)).append(System.lineSeparator());
    for (String name : List.of("float", LONGER)) {
      text.append(String.format("%-8s %15s%n", name, Spread.of(rows.get(name))));
    }
    for (int bits : widths) {
      String name = "W" + bits + "A" + bits;
      text.append(
          String.format(
              "%-8s %15s %15s %15s%n",
              name,
              Spread.of(rows.get(name + " PTQ")),
              Spread.of(rows.get(name + " STE")),
              Spread.of(rows.get(name + " LSQ"))));
    }
    return text.toString();
  }

  /** Mean, and half the distance from the smallest to the largest. */
  record Spread(double mean, double half) {
    static Spread of(List<Double> values) {
      var statistics = values.stream().mapToDouble(v -> v).summaryStatistics();
      return new Spread(statistics.getAverage(), (statistics.getMax() - statistics.getMin()) / 2);
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%.2f +- %.2f", mean, half);
    }
  }
}
