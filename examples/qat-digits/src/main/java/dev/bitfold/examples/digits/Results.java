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
  private final Map<String, List<Double>> accuracies = new LinkedHashMap<>();
  private final Map<String, List<Double>> curves = new LinkedHashMap<>();

  Results(List<Integer> widths) {
    this.widths = widths;
  }

  /** The name of a net quantized after training. */
  static String ptq(int bits) {
    return name(bits) + " PTQ";
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
    line(text, "", "PTQ", "QAT, clip", "QAT, LSQ");
    text.append("-".repeat(56)).append(System.lineSeparator());
    for (String name : List.of(FLOAT, LONGER)) {
      line(text, name, spread(name), "", "");
    }
    for (int bits : widths) {
      line(
          text,
          name(bits),
          spread(ptq(bits)),
          spread(qat(bits, Ste.CLIP)),
          spread(qat(bits, Ste.LSQ)));
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String name, String... cells) {
    String line =
        String.format(Locale.ROOT, "%-8s %15s %15s %15s", name, cells[0], cells[1], cells[2]);
    text.append(line.stripTrailing()).append(System.lineSeparator());
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
