package dev.bitfold.examples.digits;

import dev.bitfold.annotations.Ste;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was reached: an accuracy a seed for each net, and the loss curves of the first seed. */
final class Results {
  /** The float net that all others begin with. */
  static final String FLOAT = "float";

  /** The float net, trained on as long as the quantized ones. */
  static final String LONGER = "float+";

  private final List<Integer> widths;
  private final boolean trained;
  private final Map<String, List<Double>> accuracies = new LinkedHashMap<>();
  private final Map<String, List<Double>> curves = new LinkedHashMap<>();

  /**
   * Holds nothing yet.
   *
   * @param trained whether there are nets that were trained with their quantizers
   */
  Results(List<Integer> widths, boolean trained) {
    this.widths = widths;
    this.trained = trained;
  }

  /** The name of a net quantized after training. */
  static String ptq(int bits) {
    return name(bits) + " PTQ";
  }

  /** The name of a net whose weights were reconstructed after training. */
  static String reconstructed(int bits) {
    return name(bits) + " reconstructed";
  }

  /** The name of a net whose weights alone were quantized after training. */
  static String weights(int bits) {
    return "W" + bits + " PTQ";
  }

  /** The name of a net whose weights alone were quantized, and reconstructed. */
  static String reconstructedWeights(int bits) {
    return "W" + bits + " reconstructed";
  }

  /** The name of a net trained with its quantizers. */
  static String qat(int bits, Ste ste) {
    return name(bits) + " " + ste;
  }

  private static String name(int bits) {
    return "W" + bits + "A" + bits;
  }

  /** Adds one seed's net. */
  void add(String name, Experiment.Trained trained) {
    accuracies.computeIfAbsent(name, n -> new ArrayList<>()).add(trained.accuracy());
    if (!trained.losses().isEmpty()) {
      curves.putIfAbsent(name, trained.losses());
    }
  }

  int seeds() {
    return accuracies.getOrDefault(FLOAT, List.of()).size();
  }

  /** Mean losses of the first seed's epochs, by net. */
  Map<String, List<Double>> curves() {
    return curves;
  }

  /** A line a width. */
  String table() {
    StringBuilder text = new StringBuilder();
    line(text, "", "PTQ", "reconstructed", trained ? "QAT, clip" : "", trained ? "QAT, LSQ" : "");
    text.append("-".repeat(trained ? 72 : 40)).append(System.lineSeparator());
    for (String name : trained ? List.of(FLOAT, LONGER) : List.of(FLOAT)) {
      line(text, name, spread(name), "", "", "");
    }
    for (int bits : widths) {
      line(
          text,
          name(bits),
          spread(ptq(bits)),
          spread(reconstructed(bits)),
          trained ? spread(qat(bits, Ste.CLIP)) : "",
          trained ? spread(qat(bits, Ste.LSQ)) : "");
    }
    for (int bits : trained ? List.<Integer>of() : widths) {
      line(text, "W" + bits, spread(weights(bits)), spread(reconstructedWeights(bits)), "", "");
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String name, String... cells) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-8s", name));
    for (String cell : cells) {
      line.append(String.format(Locale.ROOT, " %15s", cell));
    }
    text.append(line.toString().stripTrailing()).append(System.lineSeparator());
  }

  /** Mean, and half the distance from the smallest to the largest. */
  private String spread(String name) {
    var values =
        accuracies.getOrDefault(name, List.of()).stream().mapToDouble(v -> v).summaryStatistics();
    return String.format(
        Locale.ROOT, "%.2f +- %.2f", values.getAverage(), (values.getMax() - values.getMin()) / 2);
  }

  /** Writes {@code accuracy.csv}: a line a net and seed. */
  Path write(Path folder) throws IOException {
    List<String> lines = new ArrayList<>(List.of("net,seed,accuracy"));
    accuracies.forEach(
        (name, values) -> {
          for (int i = 0; i < values.size(); i++) {
            lines.add(String.format(Locale.ROOT, "%s,%d,%.2f", name, i + 1, values.get(i)));
          }
        });
    Files.createDirectories(folder);
    return Files.write(folder.resolve("accuracy.csv"), lines);
  }
}
