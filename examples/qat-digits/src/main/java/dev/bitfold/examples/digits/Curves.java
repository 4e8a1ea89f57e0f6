package dev.bitfold.examples.digits;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/** Draws loss curves. */
final class Curves {
  private Curves() {}

  /** Writes {@code losses.png}: the mean loss of each epoch, of the first seed. */
  static Path write(Map<String, List<Double>> losses, Path folder) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(1000)
            .height(600)
            .title("Training loss, first seed")
            .xAxisTitle("epoch")
            .yAxisTitle("mean cross entropy")
            .build();
    chart.getStyler().setYAxisLogarithmic(true).setMarkerSize(5);
    losses.forEach(
        (name, values) ->
            chart.addSeries(
                name, IntStream.rangeClosed(1, values.size()).boxed().toList(), values));
    Files.createDirectories(folder);
    Path file = folder.resolve("losses.png");
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
    return file;
  }
}
