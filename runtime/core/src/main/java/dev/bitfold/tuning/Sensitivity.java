package dev.bitfold.tuning;

import dev.bitfold.diagnosis.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What quantizing one layer alone does to the model's output. Immutable.
 *
 * @param layers the largest error first
 */
public record Sensitivity(List<Layer> layers) {
  /**
   * One layer.
   *
   * @param path its name
   * @param error of the model's output, relative (root of noise over signal), with this layer
   *     quantized and all others float
   */
  public record Layer(String path, double error) {}

  /** Copies the list. */
  public Sensitivity {
    layers = List.copyOf(layers);
  }

  /** A table. */
  @Override
  public String toString() {
    List<List<String>> cells = new ArrayList<>();
    cells.add(List.of("only this layer quantized", "error of the model's output"));
    for (Layer layer : layers) {
      cells.add(List.of(layer.path(), String.format(Locale.ROOT, "%.5f", layer.error())));
    }
    return Summary.table(cells);
  }
}
