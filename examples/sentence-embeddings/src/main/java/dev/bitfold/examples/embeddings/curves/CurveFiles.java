package dev.bitfold.examples.embeddings.curves;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/** Writes curves as CSV and PNG. */
public final class CurveFiles {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 360;

  private CurveFiles() {}

  /** Writes {@code name.csv} into a folder that is there. */
  public static Path csv(Curve curve, Path folder) throws IOException {
    String rows =
        curve.points().stream()
            .map(p -> String.format(Locale.ROOT, "%s,%.6f,%.6f%n", p.x(), p.cosine(), p.rhoFp32()))
            .collect(Collectors.joining());
    return Files.writeString(
        folder.resolve(curve.name() + ".csv"), curve.x() + ",cosine,rho_fp32\n" + rows);
  }

  /**
   * Draws {@code name.png} into a folder that is there.
   *
   * @param logarithmic whether the axis of x is
   * @throws NumberFormatException if an x is no number
   */
  public static Path png(Curve curve, Path folder, boolean logarithmic) throws IOException {
    System.setProperty("java.awt.headless", "true");
    List<Double> x = curve.points().stream().map(p -> Double.valueOf(p.x())).toList();
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(curve.title())
            .xAxisTitle(curve.x())
            .yAxisTitle("to the float model")
            .build();
    chart.getStyler().setXAxisLogarithmic(logarithmic).setYAxisDecimalPattern("0.000");
    chart.addSeries("cosine", x, curve.points().stream().map(Curve.Point::cosine).toList());
    chart.addSeries(
        "rank correlation", x, curve.points().stream().map(Curve.Point::rhoFp32).toList());
    Path file = folder.resolve(curve.name() + ".png");
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
    return file;
  }
}
