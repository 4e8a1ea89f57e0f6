package dev.bitfold.report;

import dev.bitfold.report.Report.Layer;
import dev.bitfold.storage.AtomicFile;
import java.awt.Color;
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
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Writes a report's charts as PNG files for papers and slides, in the colours of the page.
 * Stateless.
 */
public final class ReportPlots {
  private static final int WIDTH = 1200;
  private static final int HEIGHT = 700;

  /** The number of layers above which an axis has numbers instead of names. */
  private static final int NAMED = 16;

  /** The number of curves above which all have the same colour and there is no legend. */
  private static final int TOLD_APART = 8;

  private static final Color BLUE = new Color(0x2a6cb3);
  private static final Color ORANGE = new Color(0xc4650d);
  private static final Color GREEN = new Color(0x1b734e);
  private static final Color TEXT = new Color(0x1a2028);
  private static final Color LINE = new Color(0xd9dee5);

  private ReportPlots() {}

  /**
   * Writes {@code noise.png} (the signal to noise of each layer), {@code alpha.png} (the output
   * error for each alpha, of the searched layers) and {@code channels.png} (the largest channel
   * divided by the median, before and after smoothing). A chart without data is left out. With more
   * than 16 layers, the axis has the numbers of the report's table.
   *
   * @param folder the folder, which is made if it does not exist
   * @return the files that were written
   * @throws IOException if a file cannot be written
   */
  public static List<Path> write(Report report, Path folder) throws IOException {
    Files.createDirectories(folder);
    List<Path> written = new ArrayList<>();
    CategoryChart noise = bars(report, "signal to noise, dB", BLUE, ORANGE, GREEN);
    add(noise, report, "weight", Layer::weightDb);
    add(noise, report, "input", Layer::inputDb);
    add(noise, report, "output", Layer::outputDb);
    save(noise, folder.resolve("noise.png"), written);
    save(curves(report), folder.resolve("alpha.png"), written);
    CategoryChart channels = bars(report, "largest channel over median, ×", ORANGE, BLUE);
    add(channels, report, "before smoothing", layer -> spread(layer, Report.Input::before));
    add(channels, report, "after smoothing", layer -> spread(layer, Report.Input::after));
    save(channels, folder.resolve("channels.png"), written);
    return List.copyOf(written);
  }

  private static CategoryChart bars(Report report, String yAxis, Color... colors) {
    boolean named = report.layers().size() <= NAMED;
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(report.title())
            .xAxisTitle(named ? "layer" : "layer, #")
            .yAxisTitle(yAxis)
            .build();
    chart.getStyler().setAvailableSpaceFill(0.7).setOverlapped(false);
    chart.getStyler().setXAxisLabelRotation(named ? 45 : 0).setXAxisMaxLabelCount(NAMED);
    style(chart.getStyler(), colors);
    return chart;
  }

  private static void style(AxesChartStyler styler, Color... colors) {
    styler.setSeriesColors(colors);
    styler.setChartBackgroundColor(Color.WHITE).setChartFontColor(TEXT);
    styler.setLegendPosition(Styler.LegendPosition.OutsideS);
    styler.setLegendLayout(Styler.LegendLayout.Horizontal).setLegendBorderColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(LINE);
    styler.setPlotGridVerticalLinesVisible(false).setAxisTicksMarksVisible(false);
    styler.setYAxisMin(0.0);
    styler.setDecimalPattern("0.####");
  }

  private static void add(
      CategoryChart chart, Report report, String name, Function<Layer, @Nullable Double> value) {
    List<String> layers = new ArrayList<>();
    List<@Nullable Double> values = new ArrayList<>();
    for (Layer layer : report.layers()) {
      Double known = value.apply(layer);
      layers.add(report.layers().size() <= NAMED ? layer.path() : "" + (layers.size() + 1));
      values.add(known == null || !Double.isFinite(known) ? null : known);
    }
    if (values.stream().anyMatch(Objects::nonNull)) {
      chart.addSeries(name, layers, values);
    }
  }

  /** Returns the largest spread of a layer's inputs; null if none has channels. */
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
            .yAxisTitle("relative error of the output")
            .build();
    for (Layer layer : report.layers()) {
      if (layer.curve() != null && !layer.curve().alphas().isEmpty()) {
        XYSeries series =
            chart.addSeries(layer.path(), layer.curve().alphas(), layer.curve().errors());
        series.setMarker(SeriesMarkers.NONE).setLineStyle(SeriesLines.SOLID).setLineWidth(1.8f);
      }
    }
    boolean toldApart = chart.getSeriesMap().size() <= TOLD_APART;
    style(chart.getStyler(), toldApart ? spectrum(chart.getSeriesMap().size()) : alike());
    chart.getStyler().setLegendVisible(toldApart);
    chart.getStyler().setXAxisMin(0.0).setXAxisMax(1.0);
    chart.getStyler().setXAxisMaxLabelCount(NAMED);
    return chart;
  }

  /** Returns the page's blue, partly transparent. */
  private static Color[] alike() {
    return new Color[] {new Color(BLUE.getRed(), BLUE.getGreen(), BLUE.getBlue(), 110)};
  }

  /** Returns {@code count} colours around the colour circle, beginning with the page's blue. */
  private static Color[] spectrum(int count) {
    float[] blue = Color.RGBtoHSB(BLUE.getRed(), BLUE.getGreen(), BLUE.getBlue(), null);
    Color[] colors = new Color[Math.max(1, count)];
    for (int i = 0; i < colors.length; i++) {
      colors[i] = Color.getHSBColor(blue[0] + (float) i / colors.length, blue[1], blue[2]);
    }
    return colors;
  }

  private static void save(Chart<?, ?> chart, Path file, List<Path> written) throws IOException {
    if (chart.getSeriesMap().isEmpty()) {
      return;
    }
    BufferedImage image = BitmapEncoder.getBufferedImage(chart);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(image, "png", png);
    ByteBuffer bytes = ByteBuffer.wrap(png.toByteArray());
    AtomicFile.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
    written.add(file);
  }
}
