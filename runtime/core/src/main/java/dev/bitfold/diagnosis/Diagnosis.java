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
 * How much each layer loses by quantization, and where: from the calibration data, each layer being
 * fed its float inputs. Immutable; its size does not depend on that of the data.
 *
 * @param layers those with a quantizer, in the order of the model
 * @param summary what is quantized how
 */
public record Diagnosis(List<Layer> layers, Summary summary) {
  /** Which points the alpha curves have. */
  public enum Curves {
    /** What the search has tried: no further work. */
    TRIED,
    /** 0 to 1 by 0.05, and "off", on a sample of the data. */
    WHOLE
  }

  /**
   * One layer.
   *
   * @param path its name: {@code encoder.3.attention.query}
   * @param layerClass the simple name of its class
   * @param weightDecibels signal to quantization noise of its worst weight; infinite if nothing is
   *     lost, empty if no weight is quantized
   * @param inputs its quantized inputs
   * @param outputDecibels signal to noise of what it gives; infinite if nothing is lost, empty if
   *     it cannot be watched, such as a layer without an {@code @Input}
   * @param outputL1 the mean absolute error of what it gives over the mean absolute value
   * @param alpha the migration strength that SmoothQuant chose, or off; empty if it was not run
   * @param curve the error of the layer over alpha
   * @param packedBytes what its weights and biases take with codes packed
   * @param floatBytes what they take as float32
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
     * The relative error (root of noise over signal) of what it gives: 0 if nothing is lost, empty
     * if it cannot be watched.
     */
    public OptionalDouble error() {
      return outputDecibels.isEmpty()
          ? OptionalDouble.empty()
          : OptionalDouble.of(Math.pow(10, -outputDecibels.getAsDouble() / 20));
    }

    /**
     * The signal to noise of its worst input; infinite if nothing is lost, empty if no input is
     * quantized.
     */
    public OptionalDouble inputDecibels() {
      return inputs.stream().flatMapToDouble(i -> i.decibels().stream()).min();
    }
  }

  /**
   * One quantized input.
   *
   * @param name of the tensor: {@code x}
   * @param decibels signal to quantization noise, after smoothing; infinite if nothing is lost,
   *     empty if it was not measured
   * @param amax the largest amax of its quantizer; empty if its scale comes from each tensor
   * @param before the input as the float model has it
   * @param after the same times the smoothing scales; as {@code before} if it is not smoothed
   * @param calibrators the amax of the whole tensor, after smoothing, that each method would
   *     choose: {@code max}, {@code percentile 99.9}, {@code mse, 8 bits} …
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
   * What values an input takes.
   *
   * @param largest the largest amax of a channel; of the tensor, if its layout names no channel
   * @param median the median of the channels' amax; the same
   * @param channels the amax of each channel, in their order; empty if the layout names no channel
   * @param histogram of all magnitudes
   */
  public record Activations(
      double largest, double median, List<Float> channels, Histogram histogram) {
    /** Copies the list. */
    public Activations {
      channels = List.copyOf(channels);
    }

    /**
     * How far the channels are apart: largest over median; infinite if most are never active, NaN
     * if the layout names no channel.
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

  /** A layer by its path. */
  public Optional<Layer> layer(String path) {
    Objects.requireNonNull(path, "path");
    return layers.stream().filter(layer -> layer.path().equals(path)).findFirst();
  }

  /**
   * The layers with the largest relative error of their output, largest first; those that cannot be
   * watched come last.
   */
  public List<Layer> worst(int count) {
    return layers.stream()
        .sorted(Comparator.comparingDouble((Layer layer) -> layer.error().orElse(-1)).reversed())
        .limit(count)
        .toList();
  }

  /** As a JSON object, for plots and other programs. */
  public String toJson() {
    return DiagnosisJson.write(this);
  }

  /**
   * Returns a table of all layers, and the error of the model's output under it. An input whose
   * layout names no channel C has no channel statistics.
   */
  @Override
  public String toString() {
    return table(layers)
        + summary.modelError().map(error -> "model output: " + error + "\n").orElse("");
  }

  /** A table of some layers. */
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
