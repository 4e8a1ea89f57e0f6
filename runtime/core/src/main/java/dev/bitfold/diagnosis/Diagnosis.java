package dev.bitfold.diagnosis;

import dev.bitfold.calibration.Histogram;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.smoothquant.AlphaCurve;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Tells how much each layer loses by quantization, and where. Layers are measured on the
 * calibration data, each on its float inputs. Immutable. Its size does not depend on that of the
 * data.
 *
 * @param layers the layers with a quantizer, in the order of the model
 * @param summary how each tensor is quantized
 */
public record Diagnosis(List<Layer> layers, Summary summary) {
  /** Names which points the alpha curves have. */
  public enum Curves {
    /** The alphas that the search has tried, which takes no further work. */
    TRIED,
    /** The alphas from 0 to 1 in steps of 0.05, and "off", on a sample of the data. */
    WHOLE
  }

  /**
   * Describes one layer.
   *
   * @param path its name: {@code encoder.3.attention.query}
   * @param layerClass the simple name of its class
   * @param weightDecibels signal to quantization noise of its worst weight; infinite if nothing is
   *     lost, empty if no weight is quantized
   * @param inputs its quantized inputs
   * @param outputDecibels signal to noise of its output; infinite if nothing is lost, empty if the
   *     output cannot be observed, as in a layer without an {@code @Input}
   * @param outputL1 the mean absolute error of its output divided by the mean absolute value
   * @param alpha the migration strength that SmoothQuant chose, or off; empty if SmoothQuant was
   *     not run
   * @param curve the error of the layer's output for each alpha
   * @param packedBytes the size of its weights and biases with packed codes
   * @param floatBytes the size of its weights and biases as float32
   */
  public record Layer(
      String path,
      String layerClass,
      OptionalDouble weightDecibels,
      List<Input> inputs,
      OptionalDouble outputDecibels,
      OptionalDouble outputL1,
      Optional<Alpha> alpha,
      Optional<AlphaCurve> curve,
      long packedBytes,
      long floatBytes) {
    /** Copies the list. */
    public Layer {
      inputs = List.copyOf(inputs);
    }

    /**
     * Returns the relative error (root of noise over signal) of the layer's output: 0 if nothing is
     * lost, empty if the output cannot be observed.
     */
    public OptionalDouble error() {
      return outputDecibels.isEmpty()
          ? OptionalDouble.empty()
          : OptionalDouble.of(Math.pow(10, -outputDecibels.getAsDouble() / 20));
    }

    /**
     * Returns the signal to noise of the layer's worst input: infinite if nothing is lost, empty if
     * no input is quantized.
     */
    public OptionalDouble inputDecibels() {
      return inputs.stream().flatMapToDouble(i -> i.decibels().stream()).min();
    }
  }

  /**
   * Describes one quantized input.
   *
   * @param name the name of the tensor: {@code x}
   * @param decibels signal to quantization noise, after smoothing; infinite if nothing is lost,
   *     empty if it was not measured
   * @param amax the largest amax of its quantizer; empty if its scale is dynamic
   * @param before the input in the float model
   * @param after the input times the pre-quant scale; equal to {@code before} if it is not smoothed
   * @param calibrators the amax of the whole tensor, after smoothing, by calibration method: {@code
   *     max}, {@code percentile 99.9}, {@code mse, 8 bits} …
   */
  public record Input(
      String name,
      OptionalDouble decibels,
      OptionalDouble amax,
      Activations before,
      Activations after,
      Map<String, Double> calibrators) {
    /** Copies the map, keeping its order. */
    public Input {
      calibrators = Collections.unmodifiableMap(new LinkedHashMap<>(calibrators));
    }
  }

  /**
   * Describes the values of an input.
   *
   * @param largest the largest amax of a channel; that of the tensor if its layout names no channel
   * @param median the median of the channels' amax; the amax of the tensor if its layout names no
   *     channel
   * @param channels the amax of each channel, in their order; empty if the layout names no channel
   * @param histogram the histogram of all magnitudes
   */
  public record Activations(
      double largest, double median, List<Float> channels, Histogram histogram) {
    /** Copies the list. */
    public Activations {
      channels = List.copyOf(channels);
    }

    /**
     * Returns the ratio of the largest to the median amax of the channels: infinite if most
     * channels are never active, NaN if the layout names no channel.
     */
    public double spread() {
      if (channels.isEmpty()) {
        return Double.NaN;
      }
      return largest == 0 ? 1 : largest / median;
    }
  }

  /** Copies the list. */
  public Diagnosis {
    layers = List.copyOf(layers);
  }

  /** Returns the layer of a path. */
  public Optional<Layer> layer(String path) {
    Objects.requireNonNull(path, "path");
    return layers.stream().filter(layer -> layer.path().equals(path)).findFirst();
  }

  /**
   * Returns the layers with the largest relative error of their output, largest first. Layers whose
   * output cannot be observed come last.
   */
  public List<Layer> worst(int count) {
    return layers.stream()
        .sorted(Comparator.comparingDouble((Layer layer) -> layer.error().orElse(-1)).reversed())
        .limit(count)
        .toList();
  }

  /** Returns the diagnosis as a JSON object, for plots and other programs. */
  public String toJson() {
    return DiagnosisJson.write(this);
  }

  /**
   * Returns a table of all layers, followed by the error of the model's output. An input whose
   * layout has no channel C has no channel statistics.
   */
  @Override
  public String toString() {
    return table(layers) + summary.modelErrorText().map(error -> error + "\n").orElse("");
  }

  /** Returns a table of some layers. */
  public static String table(List<Layer> layers) {
    Objects.requireNonNull(layers, "layers");
    List<List<String>> cells = new ArrayList<>();
    cells.add(
        List.of(
            "layer",
            "output dB",
            "error",
            "L1",
            "input dB",
            "weight dB",
            "max/median",
            "smoothed",
            "alpha"));
    for (Layer layer : layers) {
      Optional<Input> input = layer.inputs().stream().findFirst();
      cells.add(
          List.of(
              layer.path(),
              Figures.text(layer.outputDecibels()),
              layer.error().isPresent() ? Figures.error(layer.error().getAsDouble()) : "-",
              number("%.4f", layer.outputL1()),
              Figures.text(layer.inputDecibels()),
              Figures.text(layer.weightDecibels()),
              input.map(i -> spread(i.before())).orElse("-"),
              input.map(i -> spread(i.after())).orElse("-"),
              layer
                  .alpha()
                  .map(a -> a.fixed().isPresent() ? number("%.2f", a.fixed()) : a.toString())
                  .orElse("-")));
    }
    return TextTable.of(cells);
  }

  private static String spread(Activations activations) {
    return activations.channels().isEmpty() ? "no channels" : format("%.1f", activations.spread());
  }

  private static String number(String format, OptionalDouble value) {
    return value.isPresent() ? format(format, value.getAsDouble()) : "-";
  }

  private static String format(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
