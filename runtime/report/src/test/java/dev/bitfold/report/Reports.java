package dev.bitfold.report;

import dev.bitfold.report.Report.Activations;
import dev.bitfold.report.Report.CalibratorChoice;
import dev.bitfold.report.Report.Change;
import dev.bitfold.report.Report.Curve;
import dev.bitfold.report.Report.Formats;
import dev.bitfold.report.Report.Input;
import dev.bitfold.report.Report.Layer;
import dev.bitfold.report.Report.ModelError;
import dev.bitfold.report.Report.Origin;
import dev.bitfold.report.Report.Skipped;
import dev.bitfold.report.Report.Totals;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;

/** Makes reports with numbers that are realistic for transformers. */
final class Reports {
  private static final Origin ORIGIN =
      new Origin("2026-11-30T16:40:00Z", "0.1.0", "256 sentences of STS 2012");

  private Reports() {}

  /** Six linear layers and a table that was not watched, with texts that could end a script. */
  static Report sixLayers() {
    List<Layer> layers = new ArrayList<>();
    Random random = new Random(7);
    String[] names = {"query", "key", "value", "output", "fc1", "fc2"};
    for (int i = 0; i < names.length; i++) {
      layers.add(layer("encoder.0." + names[i], i, random));
    }
    layers.add(weightOnly("embeddings"));
    return new Report(
        "MiniLm </script><b>&amp;",
        ORIGIN,
        null,
        new Totals(8, 15, 1_900_000, 7_540_000),
        layers,
        List.of(new Skipped("pooler", "Linear", "@SkipQuantize")),
        List.of(change("encoder.0.fc2", "@Quantize(role = Role.INPUT, bits = 8, per = \"NT\")")),
        null,
        null);
  }

  /** An encoder of 64 layers, with the names that PyTorch gives them. */
  static Report longNames() {
    List<Layer> layers = new ArrayList<>();
    Random random = new Random(11);
    layers.add(weightOnly("embeddings.word_embeddings"));
    String[] names = {
      "attention.self.query", "attention.self.key", "attention.self.value",
      "attention.output.dense", "intermediate.dense_with_a_long_suffix", "output.dense"
    };
    for (int i = 0; i < 63; i++) {
      layers.add(layer("encoder.layer." + i / 6 + "." + names[i % 6], i, random));
    }
    List<Skipped> skipped = new ArrayList<>();
    for (int i = 0; i < 11; i++) {
      skipped.add(
          new Skipped("encoder.layer." + i + ".output.LayerNorm", "LayerNorm", "@SkipQuantize"));
    }
    return new Report(
        "An encoder of 64 layers, int8 weights and inputs, smoothed",
        ORIGIN,
        new ModelError(0.0471, 0.99893, 256),
        new Totals(75, 191, 22_740_000, 90_260_000),
        layers,
        skipped,
        List.of(
            change(
                "encoder.layer.5.output.dense",
                "@Quantize(role = Role.INPUT, bits = 8, per = \"NT\", dynamic = true) on Linear,"
                    + " or on a subclass of it for this layer alone"),
            change(
                "encoder.layer.3.intermediate.dense_with_a_long_suffix",
                "@Quantize(bits = 8, blockSizes = @Block(letter = \"I\", size = 32)) on Linear, or"
                    + " on a subclass of it for this layer alone"),
            change(
                "encoder.layer.0.attention.self.query",
                "@SkipQuantize at encoder.layer.0.attention.self.query")),
        formats(layers),
        search());
  }

  /** A model without a quantized layer. */
  static Report empty() {
    return new Report(
        "nothing",
        ORIGIN,
        null,
        new Totals(0, 0, 0, 0),
        List.of(),
        List.of(),
        List.of(),
        null,
        null);
  }

  /** Formats for all layers within 8 MB, and what other budgets would give. */
  private static Formats formats(List<Layer> layers) {
    List<Formats.Weight> weights = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      int bits = List.of(4, 8, 3, 6).get(i % 4);
      weights.add(
          new Formats.Weight(
              layers.get(i).path() + ".weight",
              i == 3 ? "float32" : "uint" + bits + " affine blocks of 32 along I",
              18_432L * bits,
              i == 3 ? 0 : 0.02 * Math.pow(2, 4 - bits) * (1 + i % 5)));
    }
    List<Formats.Point> front = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      double error = 0.3 * Math.pow(0.35, i);
      front.add(new Formats.Point(4_700_000L + 1_500_000L * i, error, error * (1.1 - 0.03 * i)));
    }
    return new Formats(weights, new Formats.Point(7_480_000, 0.0468, 0.0471), front, 0.923, true);
  }

  /** A search of files whose chosen one is not the fastest. */
  private static FileSearch search() {
    List<FileSearch.Choice> front = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      double error = 0.25 * Math.pow(0.6, i);
      front.add(new FileSearch.Choice(0.52 + 0.07 * i, 1_410_000 + 90_000 * i, error, 0.9 * error));
    }
    FileSearch.Choice chosen = new FileSearch.Choice(0.59, 1_490_000, 0.149, 0.158);
    return new FileSearch("time<=0.6,snr>=12", true, chosen, front, 0.964);
  }

  private static Change change(String layer, String text) {
    return new Change(
        layer,
        text,
        "input 14.9 dB, weight 43.0 dB, largest channel of x 41.3 times the median",
        0.0412,
        0.00316,
        0.2154,
        0.0087,
        text.startsWith("@Skip") ? 442_368 : text.contains("@Block") ? 73_728 : 0);
  }

  private static Layer layer(String path, int i, Random random) {
    List<Double> alphas = DoubleStream.iterate(0, a -> a <= 1.0001, a -> a + 0.05).boxed().toList();
    double alpha = 0.15 * (i % 6);
    List<Double> errors = alphas.stream().map(a -> 0.01 + 0.03 * Math.pow(a - alpha, 2)).toList();
    Map<String, String> formats = new LinkedHashMap<>();
    formats.put("weight", "int8 per O");
    formats.put("x", "int8 per tensor");
    double outlier = i % 6 == 5 ? 160 : 40;
    return new Layer(
        path,
        "Linear",
        formats,
        40.0 + i % 6 + (i > 6 ? random.nextDouble() : 0),
        30.0 - i % 6 - (i > 6 ? 3 * random.nextDouble() : 0),
        25.0 + i * 0.5 - (i > 6 ? 9 * random.nextDouble() : 0),
        0.01 * (i + 1),
        i == 5 ? null : 0.001 * (i % 9),
        alpha,
        new Curve(alphas, errors, 0.05),
        List.of(new Input("x", activations(random, outlier), activations(random, 3), choices())),
        i % 6 > 3 ? 590_000 : 150_000,
        i % 6 > 3 ? 2_360_000 : 590_000);
  }

  private static List<CalibratorChoice> choices() {
    return List.of(
        new CalibratorChoice("max", 12.5, 0.0, 0.0312),
        new CalibratorChoice("percentile 99.9", 4.25, 0.001, 0.0187),
        new CalibratorChoice("percentile 99.999", 11.75, 0.00001, 0.0271),
        new CalibratorChoice("mse, 8 bits", 5.5, 0.0002, 0.0123));
  }

  private static Activations activations(Random random, double outlier) {
    List<Double> channels = new ArrayList<>();
    for (int c = 0; c < 384; c++) {
      channels.add(1 + random.nextDouble() * (c % 97 == 5 ? outlier : 1));
    }
    List<Long> counts = new ArrayList<>();
    for (int bin = 0; bin < 64; bin++) {
      counts.add((long) (10000 * Math.exp(-bin / 8.0)));
    }
    return new Activations(counts, outlier / 64, outlier * 0.8, channels);
  }

  private static Layer weightOnly(String path) {
    return new Layer(
        path,
        "Embedding",
        Map.of("table", "int8 per O"),
        38.0,
        null,
        null,
        null,
        null,
        null,
        null,
        List.of(),
        1_000_000,
        4_000_000);
  }
}
