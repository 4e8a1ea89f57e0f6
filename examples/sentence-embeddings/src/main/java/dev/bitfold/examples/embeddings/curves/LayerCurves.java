package dev.bitfold.examples.embeddings.curves;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.smoothquant.AlphaCurve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/** The error of each layer's output over alpha, as CSV and, for a few layers, as PNG. */
public final class LayerCurves {
  private static final Alpha BLIND = Alpha.of(0.5);
  private static final int WORST = 3;
  private static final int WIDTH = 640;
  private static final int HEIGHT = 360;

  private LayerCurves() {}

  /** Writes {@code layers.csv}, a row for each layer and alpha, into a folder that is there. */
  public static Path csv(Diagnosis diagnosis, Path folder) throws IOException {
    StringBuilder rows = new StringBuilder("layer,alpha,error\n");
    for (Diagnosis.Layer layer : smoothed(diagnosis)) {
      AlphaCurve curve = layer.curve().orElseThrow();
      for (int i = 0; i < curve.alphas().size(); i++) {
        rows.append(
            String.format(
                Locale.ROOT,
                "%s,%s,%.6f%n",
                layer.path(),
                curve.alphas().get(i),
                curve.errors().get(i)));
      }
    }
    return Files.writeString(folder.resolve("layers.csv"), rows);
  }

  /**
   * Draws {@code layers.png}: the layers to which an alpha of 0.5 does most harm, beside no
   * smoothing at all, and the one which it helps most.
   */
  public static Path png(Diagnosis diagnosis, Path folder) throws IOException {
    System.setProperty("java.awt.headless", "true");
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("W8A8, a layer's error over its alpha")
            .xAxisTitle("alpha")
            .yAxisTitle("relative error of the output")
            .build();
    chart.getStyler().setYAxisLogarithmic(true);
    List<Diagnosis.Layer> layers =
        smoothed(diagnosis).stream().sorted(Comparator.comparing(LayerCurves::gain)).toList();
    for (int i = 0; i < layers.size(); i++) {
      if (i < WORST || i == layers.size() - 1) {
        AlphaCurve curve = layers.get(i).curve().orElseThrow();
        List<Double> alphas =
            curve.alphas().stream().flatMap(alpha -> alpha.fixed().stream().boxed()).toList();
        chart.addSeries(
            layers.get(i).path(), alphas, curve.errors().subList(1, curve.errors().size()));
      }
    }
    Path file = folder.resolve("layers.png");
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
    return file;
  }

  /** Whole curves: "off" first, then 0 to 1. */
  private static List<Diagnosis.Layer> smoothed(Diagnosis diagnosis) {
    return diagnosis.layers().stream().filter(layer -> layer.curve().isPresent()).toList();
  }

  /** By how much an alpha of 0.5 shrinks the error. */
  private static double gain(Diagnosis.Layer layer) {
    AlphaCurve curve = layer.curve().orElseThrow();
    return curve.errors().get(0) / curve.errors().get(curve.alphas().indexOf(BLIND));
  }
}
