package dev.bitfold.examples.digits;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Trains, quantizes, measures; prints a table and writes target/bitfold/result.json. */
public final class Main {
  private static final int TRAINING = 8000;
  private static final int CALIBRATION = 256;
  private static final int EPOCHS = 4;
  private static final long SEED = 42;
  private static final float FACTOR = 40;

  private Main() {}

  /** Points of accuracy that naive quantization must lose on the second network, at least. */
  static final double COLLAPSE = 10;

  /** Points of accuracy that SmoothQuant may lose, at most. */
  static final double MAX_LOST = 0.3;

  /** What result.json holds; accuracies are shares of the test digits. */
  record Result(
      int trainingDigits, int calibrationDigits, int testDigits, List<Experiment.Row> rows) {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    if (args.length > 0) {
      System.err.println("smoothquant-conv takes no arguments, not " + String.join(" ", args));
      System.exit(2);
    }
    Digits digits = Digits.load().shuffled(SEED);
    Digits training = digits.range(0, TRAINING);
    Digits test = digits.range(TRAINING, digits.size());
    Digits calibration = training.range(0, CALIBRATION);
    LeNet net = Training.train(training, EPOCHS, SEED);
    List<Experiment.Row> rows =
        List.of(
            Experiment.run("as trained", net, calibration, test),
            Experiment.run(
                "channels x 40", Outliers.in(net, calibration, FACTOR), calibration, test));
    System.out.print(table(rows));
    Path file = Path.of("target", "bitfold", "result.json");
    Files.createDirectories(file.getParent());
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(file.toFile(), new Result(TRAINING, CALIBRATION, test.size(), rows));
    check(rows.get(1));
  }

  /**
   * Whether the second network shows what it is to show.
   *
   * @throws IllegalStateException if it does not
   */
  static void check(Experiment.Row outliers) {
    double naive = 100 * (outliers.fp32() - outliers.w8a8());
    if (!(naive >= COLLAPSE)) {
      throw new IllegalStateException(
          "W8A8 loses only " + naive + " points on the network with outliers");
    }
    double smooth = 100 * (outliers.fp32() - outliers.w8a8Smooth());
    if (!(smooth <= MAX_LOST)) {
      throw new IllegalStateException(
          "W8A8 with SmoothQuant loses "
              + smooth
              + " points on the network with outliers, "
              + MAX_LOST
              + " are allowed");
    }
  }

  /** Accuracies in percent, a line for each network. */
  static String table(List<Experiment.Row> rows) {
    StringBuilder table =
        new StringBuilder(
            "accuracy %          fp32     w8a8   +smooth     w4a8   +smooth\n"
                + "-----------------------------------------------------------\n");
    for (Experiment.Row row : rows) {
      table.append(
          String.format(
              Locale.ROOT,
              "%-15s %8.2f %8.2f  %8.2f %8.2f  %8.2f%n",
              row.network(),
              100 * row.fp32(),
              100 * row.w8a8(),
              100 * row.w8a8Smooth(),
              100 * row.w4a8(),
              100 * row.w4a8Smooth()));
    }
    return table.toString();
  }
}
