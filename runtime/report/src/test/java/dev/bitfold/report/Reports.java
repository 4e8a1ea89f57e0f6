package dev.bitfold.report;

import dev.bitfold.report.Report.Activations;
import dev.bitfold.report.Report.Curve;
import dev.bitfold.report.Report.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;

/** A report of six layers with the numbers that a transformer could have. */
final class Reports {
  private Reports() {}

  static Report sixLayers() {
    List<Layer> layers = new ArrayList<>();
    Random random = new Random(7);
    String[] names = {"query", "key", "value", "output", "fc1", "fc2"};
    for (int i = 0; i < names.length; i++) {
      layers.add(layer("encoder.0." + names[i], i, random));
    }
    layers.add(weightOnly());
    return new Report(
        "MiniLm </script><b>&amp;",
        layers,
        List.of("pooler (Linear)"),
        List.of("encoder.0.fc2: quantize its input per token"));
  }

  private static Layer layer(String path, int i, Random random) {
    List<Double> alphas = DoubleStream.iterate(0, a -> a <= 1.0001, a -> a + 0.05).boxed().toList();
    List<Double> errors =
        alphas.stream().map(a -> 0.01 + 0.03 * Math.pow(a - 0.15 * i, 2)).toList();
    return new Layer(
        path,
        "Linear",
        Map.of("weight", "int8 per O", "x", "int8 per tensor"),
        40.0 + i,
        30.0 - i,
        25.0 + i * 0.5,
        0.01 * (i + 1),
        i == 5 ? null : 0.001 * i,
        0.15 * i,
        new Curve(alphas, errors, 0.05),
        activations(random, 40),
        activations(random, 3),
        Map.of("max", 12.5, "percentile 99.9", 4.25),
        150_000,
        590_000);
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

  private static Layer weightOnly() {
    return new Layer(
        "embeddings",
        "Embedding",
        Map.of("table", "int8 per O"),
        38.0,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        Map.of(),
        1_000_000,
        4_000_000);
  }
}
