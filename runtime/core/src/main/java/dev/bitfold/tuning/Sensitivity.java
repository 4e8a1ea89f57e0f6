package dev.bitfold.tuning;

import dev.bitfold.diagnosis.Figures;
import dev.bitfold.diagnosis.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Tells the effect of quantizing one layer alone on the model's output. Immutable.
 *
 * @param layers the layers with the largest error first; layers without an error come last
 */
public record Sensitivity(List<Layer> layers) {
  /**
   * Describes one layer.
   *
   * @param path the layer's path
   * @param error the relative error (root of noise over signal) of the model's output, with this
   *     layer quantized and all others float; empty if no batch of the sample has run the layer, or
   *     if nothing that the layer computes reaches the output
   */
  public record Layer(String path, OptionalDouble error) {}

  /** Copies the list. */
  public Sensitivity {
    layers = List.copyOf(layers);
  }

  /** Returns a table of all layers. */
  @Override
  public String toString() {
    List<List<String>> cells = new ArrayList<>();
    cells.add(List.of("only this layer quantized", "error of the model's output"));
    for (Layer layer : layers) {
      cells.add(
          List.of(
              layer.path(),
              layer.error().isPresent()
                  ? Figures.error(layer.error().getAsDouble())
                  : "was not run"));
    }
    return TextTable.of(cells);
  }
}
