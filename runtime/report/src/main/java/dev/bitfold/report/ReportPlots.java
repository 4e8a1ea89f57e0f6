package dev.bitfold.report;

import dev.bitfold.report.Report.Layer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A report's charts as PNG files, for papers and slides. Stateless. */
public final class ReportPlots {
  private static final int WIDTH = 1200;
  private static final int HEIGHT = 700;

  private ReportPlots() {}

  /**
   * Writes {@code noise.png} (signal to noise of each layer), {@code alpha.png} (output error over
   * alpha, of the layers that were searched) and {@code channels.png} (largest over median channel,
   * before and after smoothing). A chart without data is left out.
   *
   * @param folder is made if it is not there
   * @return the files that were written
   * @throws IOException if one cannot be written
   */
  public static List<Path> write(Report report, Path folder) throws IOException {
    Files.createDirectories(folder);
    List<Path> written = new ArrayList<>();
    CategoryChart noise = bars(report, "signal to noise, dB");
    add(noise, report, "weight", Layer::weightDb);
    add(noise, report, "input", Layer::inputDb);
    add(noise, report, "output", Layer::outputDb);
    save(noise, folder.resolve("noise.png"), written);
    save(curves(report), folder.resolve("alpha.png"), written);
    CategoryChart channels = bars(report, "largest channel over median");
    add(channels, report, "before", layer -> spread(layer, Report.Input::before));
    add(channels, report, "after", layer -> spread(layer, Report.Input::after));
    save(channels, folder.resolve("channels.png"), written);
    return List.copyOf(written);
  }

  private static CategoryChart bars(Report report, String yAxis) {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(report.title())
            .yAxisTitle(yAxis)
            .build();
    chart.getStyler().setXAxisLabelRotation(60).setLegendPosition(Styler.LegendPosition.InsideNE);
    return chart;
  }

  private static void add(
      CategoryChart chart, Report report, String name, Function<Layer, @Nullable Double> value) {
    List<String> paths = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (Layer layer : report.layers()) {
      Double known = value.apply(layer);
      paths.add(layer.path());
      values.add(known == null || !Double.isFinite(known) ? 0 : known);
    }
    if (values.stream().anyMatch(v -> v != 0)) {
      chart.addSeries(name, paths, values);
    }
  }

  /** The largest spread of a layer's inputs; null if none has channels. */
  private static @Nullable Double spread(
      Layer layer, Function<Report.Input, Report.@Nullable Activations> side) {
    return layer.inputs().stream()
        .map(side)
        .filter(Objects::nonNull)
        .map(Report.Activations::maxOverMedian)
        .filter(Double::isFinite)
        .max(Comparator.naturalOrder())
        .orElse(null);
  }

  private static XYChart curves(Report report) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(report.title())
            .xAxisTitle("alpha")
            .yAxisTitle("relative output error")
            .build();
    for (Layer layer : report.layers()) {
      if (layer.curve() != null && !layer.curve().alphas().isEmpty()) {
        chart
            .addSeries(layer.path(), layer.curve().alphas(), layer.curve().errors())
            .setMarker(SeriesMarkers.NONE);
      }
    }
    chart.getStyler().setLegendVisible(chart.getSeriesMap().size() <= 12);
    return chart;
  }

  private static void save(Chart<?, ?> chart, Path file, List<Path> written) throws IOException {
    if (chart.getSeriesMap().isEmpty()) {
      return;
    }
    BufferedImage image = BitmapEncoder.getBufferedImage(chart);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(image, "png", png);
    ByteBuffer bytes = ByteBuffer.wrap(png.toByteArray());
    dev.bitfold.storage.AtomicFile.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
    written.add(file);
  }
}
