package dev.bitfold.diagnosis;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.Descriptions;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.reconstruction.Reconstruction;
import dev.bitfold.reconstruction.Reconstructions;
import dev.bitfold.smoothquant.AlphaCap;
import dev.bitfold.smoothquant.Smoothed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes how each tensor of a model is quantized, and how accurately. {@link #toString} is a
 * table.
 *
 * @param rows a row for each quantizer, in the order of the model
 * @param skipped what stays float, each path with its class: the components marked
 *     {@code @SkipQuantize}, and the layers and tensors of {@link dev.bitfold.Plan#skip}
 * @param layers the number of layers in the model, including float layers
 * @param weightBytes the size of the layers' weights and biases with packed codes and float32
 *     scales
 * @param floatBytes their size as float32
 * @param heldBytes their size in this model: as float32, or packed after {@link
 *     dev.bitfold.Quantized#compress}
 * @param modelError how far the model's output is from that of the float model, on a sample of the
 *     calibration data; empty if it was not measured, such as for a plan or a trained model
 * @param alphaCap the cap on the alphas of SmoothQuant, with the errors that it was chosen by;
 *     empty if none was looked for
 */
public record Summary(
    List<Row> rows,
    List<String> skipped,
    int layers,
    long weightBytes,
    long floatBytes,
    long heldBytes,
    Optional<Comparison> modelError,
    Optional<AlphaCap> alphaCap) {

  /**
   * Describes one quantizer.
   *
   * @param path the tensor's name: {@code encoder.3.attention.query.weight}
   * @param layerClass the simple name of the layer's class
   * @param role the role of the tensor
   * @param descriptor how the tensor is quantized
   * @param amax the smallest and the largest amax, or the range of an affine quantizer; empty if
   *     the scale is dynamic or if no data has been seen
   * @param decibels signal to quantization noise: of a weight over all its values, of an input or
   *     output over a sample of the calibration data, after smoothing; infinite if nothing is lost,
   *     empty if it was not measured, such as for reconstructed weights, which may be far from the
   *     float weights and near in what they compute
   * @param smoothing the state of SmoothQuant for the layer, in the row of its input
   * @param reconstruction how the codes of a weight were chosen by what its layer computes; empty
   *     if they were not
   */
  public record Row(
      String path,
      String layerClass,
      TensorRole role,
      QuantDescriptor descriptor,
      Optional<Range> amax,
      OptionalDouble decibels,
      Smoothing smoothing,
      Optional<Reconstruction> reconstruction) {
    /**
     * Returns whether calibration saw only zeros. Everything computed from this tensor is then
     * zero.
     */
    public boolean isOfZeros() {
      return (role == TensorRole.INPUT || role == TensorRole.OUTPUT)
          && amax.map(range -> range.min() == 0 && range.max() == 0).orElse(false);
    }
  }

  /** Holds the smallest and the largest of several numbers. */
  public record Range(float min, float max) {
    public static Range of(Quantizer quantizer, INDArray weight) {
      List<Float> fixed = quantizer.fixedAmax();
      return fixed.isEmpty()
          ? of(new CalibratedScale.Amax(quantizer.amax(weight)))
          : new Range(Collections.min(fixed), Collections.max(fixed));
    }

    static Range of(CalibratedScale scale) {
      return new Range(scale.smallest(), scale.largest());
    }

    @Override
    public String toString() {
      return min == max
          ? String.format(Locale.ROOT, "%.4g", min)
          : String.format(Locale.ROOT, "%.4g … %.4g", min, max);
    }
  }

  /** Describes what SmoothQuant does with the tensor of a row. */
  public sealed interface Smoothing {
    /** Returns the migration strength that was chosen, or off; empty if none was chosen. */
    default Optional<Alpha> alpha() {
      return Optional.empty();
    }

    /** Returns the layer that the scale is folded into; empty if it is folded into none. */
    default Optional<String> foldedInto() {
      return Optional.empty();
    }

    /** SmoothQuant is not wanted for this tensor. */
    record NotWanted() implements Smoothing {
      @Override
      public String toString() {
        return "";
      }
    }

    /** SmoothQuant is wanted for this tensor, and was not run. */
    record NotRun() implements Smoothing {
      @Override
      public String toString() {
        return "not run";
      }
    }

    /**
     * SmoothQuant was run.
     *
     * @param choice the migration strength that was chosen, or off
     * @param foldedInto the layer that the scale is folded into; empty if the scale is applied when
     *     the model runs
     */
    record Chosen(Alpha choice, Optional<String> foldedInto) implements Smoothing {
      @Override
      public Optional<Alpha> alpha() {
        return Optional.of(choice);
      }

      @Override
      public String toString() {
        return choice instanceof Alpha.Fixed fixed
            ? String.format(Locale.ROOT, "alpha %.2f", fixed.value())
                + foldedInto.map(source -> ", folded into " + source).orElse("")
            : choice.toString();
      }
    }
  }

  /**
   * Describes what was done to a model besides calibration.
   *
   * @param smoothing the layers that SmoothQuant is wanted for, by path
   * @param cap the cap on all alphas; empty if none was looked for
   * @param reconstructions the reconstructed weights, by path
   */
  public record Applied(
      Map<String, Smoothing> smoothing,
      Optional<AlphaCap> cap,
      Map<String, Reconstruction> reconstructions) {
    /** Copies the maps. */
    public Applied {
      smoothing = Map.copyOf(smoothing);
      reconstructions = Map.copyOf(reconstructions);
    }

    /** Returns that SmoothQuant was not run yet for these layers. */
    public static Applied wanted(Set<String> layers) {
      return of(layers, Smoothed.NOTHING, Reconstructions.NONE);
    }

    /**
     * Returns what was done.
     *
     * @param wanted the layers that SmoothQuant is wanted for
     * @param smoothed what SmoothQuant has chosen
     * @param reconstructions how weights were reconstructed
     */
    public static Applied of(
        Set<String> wanted, Smoothed smoothed, Reconstructions reconstructions) {
      Map<String, Smoothing> layers = new LinkedHashMap<>();
      wanted.forEach(layer -> layers.put(layer, new Smoothing.NotRun()));
      smoothed
          .curves()
          .forEach(
              (layer, curve) ->
                  layers.put(
                      layer,
                      new Smoothing.Chosen(
                          curve.chosen(), Optional.ofNullable(smoothed.folded().get(layer)))));
      Map<String, Reconstruction> weights = new LinkedHashMap<>();
      reconstructions.weights().forEach(weight -> weights.put(weight.path(), weight));
      return new Applied(layers, smoothed.cap(), weights);
    }

    /** Returns what a summary describes. */
    public static Applied of(Summary summary) {
      Map<String, Smoothing> layers = new LinkedHashMap<>();
      Map<String, Reconstruction> weights = new LinkedHashMap<>();
      for (Row row : summary.rows()) {
        row.reconstruction().ifPresent(weight -> weights.put(row.path(), weight));
        if (!(row.smoothing() instanceof Smoothing.NotWanted)) {
          layers.put(TensorSite.layerOf(row.path()), row.smoothing());
        }
      }
      return new Applied(layers, summary.alphaCap(), weights);
    }

    /** Returns what SmoothQuant does with the input of a layer. */
    public Smoothing smoothingOf(String layer) {
      return smoothing.getOrDefault(layer, new Smoothing.NotWanted());
    }
  }

  /** Copies the lists. */
  public Summary {
    rows = List.copyOf(rows);
    skipped = List.copyOf(skipped);
  }

  /** Returns this summary with another size of the weights in memory. */
  public Summary withHeldBytes(long bytes) {
    return new Summary(rows, skipped, layers, weightBytes, floatBytes, bytes, modelError, alphaCap);
  }

  /** Returns this summary with an error of the model's output. */
  public Summary withModelError(Optional<Comparison> error) {
    return new Summary(rows, skipped, layers, weightBytes, floatBytes, heldBytes, error, alphaCap);
  }

  /** Returns this summary as a JSON object on one line, as it is stored in state files. */
  public String toJson() {
    return SummaryJson.write(this);
  }

  /**
   * Returns the summary that {@link #toJson} has written.
   *
   * @throws IllegalArgumentException if the text is not a summary
   */
  public static Summary ofJson(String json) {
    return SummaryJson.read(json);
  }

  /** Returns the row of a tensor. */
  public Optional<Row> row(String path) {
    return rows.stream().filter(row -> row.path().equals(path)).findFirst();
  }

  /** Returns a table with a row for each quantizer, followed by what stays float. */
  @Override
  public String toString() {
    List<List<String>> cells = new ArrayList<>();
    boolean reconstructed = rows.stream().anyMatch(row -> row.reconstruction().isPresent());
    String last = reconstructed ? "smoothing, reconstruction" : "smoothing";
    cells.add(List.of("tensor", "class", "format", "granularity", "amax", "dB", last));
    for (Row row : rows) {
      cells.add(
          List.of(
              row.path(),
              row.layerClass(),
              row.descriptor().format().label() + (row.descriptor().affine() ? " affine" : ""),
              row.descriptor().granularity() + (row.descriptor().dynamic() ? " dynamic" : ""),
              row.amax().map(Range::toString).orElse(row.descriptor().dynamic() ? "dynamic" : "-"),
              Figures.text(row.decibels()),
              row.reconstruction()
                  .map(Reconstruction::inWords)
                  .orElse(row.smoothing().toString())));
    }
    StringBuilder text = new StringBuilder(TextTable.of(cells));
    text.append(rows.size()).append(rows.size() == 1 ? " quantizer in " : " quantizers in ");
    text.append(layersText()).append("; weights and biases of all layers: ");
    text.append(bytesText()).append('\n');
    modelErrorText().ifPresent(error -> text.append(error).append('\n'));
    alphaCap.ifPresent(cap -> text.append("alphas: ").append(cap).append('\n'));
    for (String path : skipped) {
      text.append("skipped: ").append(path).append('\n');
    }
    String zeros =
        rows.stream().filter(Row::isOfZeros).map(Row::path).collect(Collectors.joining(", "));
    if (!zeros.isEmpty()) {
      text.append("only zeros in the calibration data, so any later value becomes zero: ")
          .append(zeros)
          .append('\n');
    }
    long notRun = rows.stream().filter(row -> row.smoothing() instanceof Smoothing.NotRun).count();
    if (notRun > 0) {
      text.append(notRun)
          .append(notRun == 1 ? " input is" : " inputs are")
          .append(" marked @SmoothQuant and ")
          .append(notRun == 1 ? "was" : "were")
          .append(" not smoothed\n");
    }
    return text.toString();
  }

  /**
   * Returns what is quantized, how much memory the weights take, and the error of the model's
   * output, on one or two lines.
   */
  public String totals() {
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>();
    rows.forEach(row -> descriptors.put(row.path(), row.descriptor()));
    return new Descriptions(descriptors, Map.of()).inWords()
        + "; weights: "
        + bytesText()
        + modelErrorText().map(error -> "\n" + error).orElse("");
  }

  private String bytesText() {
    return weightBytes
        + " bytes packed, "
        + floatBytes
        + " as float32, "
        + heldBytes
        + " in memory";
  }

  /** Returns the line that tables have about the model's output; empty if it was not measured. */
  Optional<String> modelErrorText() {
    return modelError.map(error -> "model output: " + error);
  }

  private long quantizedLayers() {
    return rows.stream().map(row -> TensorSite.layerOf(row.path())).distinct().count();
  }

  private String layersText() {
    long quantized = quantizedLayers();
    String all = layers == 1 ? "1 layer" : layers + " layers";
    return quantized == layers ? all : quantized + " of " + all;
  }
}
