package dev.bitfold.diagnosis;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.smoothquant.AlphaCurve;
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
 * What of a model is quantized how, and how well. {@link #toString} is a table.
 *
 * @param rows a row per quantizer, in the order of the model
 * @param skipped the paths, with classes, of the components that {@code @SkipQuantize} keeps float,
 *     and of the layers and tensors that {@link dev.bitfold.Plan#skip} does
 * @param layers the layers that the model holds, float ones included
 * @param weightBytes what the weights and biases of the layers take with codes packed and scales as
 *     float32
 * @param floatBytes what they take as float32
 * @param heldBytes what they take in this model: as float32, or packed after {@link
 *     dev.bitfold.Quantized#compress}
 * @param modelError how far the model's output is from the float model's, on a sample of the
 *     calibration data; empty if it was not measured, as of a plan and of a trained model
 */
public record Summary(
    List<Row> rows,
    List<String> skipped,
    int layers,
    long weightBytes,
    long floatBytes,
    long heldBytes,
    Optional<Comparison> modelError) {

  /**
   * One quantizer.
   *
   * @param path the tensor's name: {@code encoder.3.attention.query.weight}
   * @param layerClass the simple name of the layer's class
   * @param role what the tensor is
   * @param descriptor how it is quantized
   * @param amax the range of its amax, of an affine one from minimum to maximum; empty if it is
   *     dynamic or no data has been seen
   * @param decibels signal to quantization noise: of a weight over all of it, of an input or output
   *     over a sample of the calibration data, after smoothing; infinite if nothing is lost, empty
   *     if it was not measured
   * @param smoothing the state of SmoothQuant for the layer, on its input's row
   */
  public record Row(
      String path,
      String layerClass,
      TensorRole role,
      QuantDescriptor descriptor,
      Optional<Range> amax,
      OptionalDouble decibels,
      Smoothed smoothing) {
    /** Whether calibration saw nothing but zeros, which makes zeros of everything that follows. */
    public boolean isOfZeros() {
      return (role == TensorRole.INPUT || role == TensorRole.OUTPUT)
          && amax.map(range -> range.min() == 0 && range.max() == 0).orElse(false);
    }
  }

  /** The smallest and the largest of several numbers. */
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

  /**
   * Whether a quantizer's tensor is smoothed.
   *
   * @param marked whether SmoothQuant is wanted
   * @param alpha the migration strength that was chosen, or off; empty if SmoothQuant was not run
   * @param foldedInto the layer that the scale is folded into; empty if it is applied when the
   *     model runs
   */
  public record Smoothed(boolean marked, Optional<Alpha> alpha, Optional<String> foldedInto) {
    static final Smoothed NO = new Smoothed(false, Optional.empty(), Optional.empty());

    @Override
    public String toString() {
      if (!marked) {
        return "";
      }
      if (alpha.isEmpty()) {
        return "not run";
      }
      return alpha.get() instanceof Alpha.Fixed fixed
          ? String.format(Locale.ROOT, "alpha %.2f", fixed.value())
              + foldedInto.map(source -> ", folded into " + source).orElse("")
          : alpha.get().toString();
    }
  }

  /**
   * What SmoothQuant has done.
   *
   * @param layers by the path of each layer that it is wanted for
   */
  public record Smoothings(Map<String, Smoothed> layers) {
    /** Copies the map. */
    public Smoothings {
      layers = Map.copyOf(layers);
    }

    /** Of layers that it was not run for yet. */
    public static Smoothings wanted(Set<String> layers) {
      return of(layers, Map.of(), Map.of());
    }

    /**
     * Of layers, all by their paths.
     *
     * @param wanted the layers that it is wanted for
     * @param curves the alpha curve of each layer that it was run for
     * @param folded the layer that a layer's scale is folded into
     */
    public static Smoothings of(
        Set<String> wanted, Map<String, AlphaCurve> curves, Map<String, String> folded) {
      Map<String, Smoothed> layers = new LinkedHashMap<>();
      wanted.forEach(
          layer -> layers.put(layer, new Smoothed(true, Optional.empty(), Optional.empty())));
      curves.forEach(
          (layer, curve) ->
              layers.put(
                  layer,
                  new Smoothed(
                      true, Optional.of(curve.best()), Optional.ofNullable(folded.get(layer)))));
      return new Smoothings(layers);
    }

    /** Of a model that has been summed up before. */
    public static Smoothings of(Summary summary) {
      Map<String, Smoothed> layers = new LinkedHashMap<>();
      for (Row row : summary.rows()) {
        if (row.smoothing().marked()) {
          layers.put(TensorSite.layerOf(row.path()), row.smoothing());
        }
      }
      return new Smoothings(layers);
    }

    public Smoothed of(String layer) {
      return layers.getOrDefault(layer, Smoothed.NO);
    }
  }

  /** Copies the lists. */
  public Summary {
    rows = List.copyOf(rows);
    skipped = List.copyOf(skipped);
  }

  /** The same of a model that holds its weights in so many bytes. */
  public Summary withHeldBytes(long bytes) {
    return new Summary(rows, skipped, layers, weightBytes, floatBytes, bytes, modelError);
  }

  /** The same of a model whose error was measured. */
  public Summary withModelError(Optional<Comparison> error) {
    return new Summary(rows, skipped, layers, weightBytes, floatBytes, heldBytes, error);
  }

  /** The summary as a JSON object on one line, as state files hold it. */
  public String toJson() {
    return SummaryJson.write(this);
  }

  /**
   * The summary of {@link #toJson}.
   *
   * @throws IllegalArgumentException if the text is none
   */
  public static Summary ofJson(String json) {
    return SummaryJson.read(json);
  }

  /** The row of a tensor. */
  public Optional<Row> row(String path) {
    return rows.stream().filter(row -> row.path().equals(path)).findFirst();
  }

  /** A table with a row per quantizer, and what stays float under it. */
  @Override
  public String toString() {
    List<List<String>> cells = new ArrayList<>();
    cells.add(List.of("tensor", "class", "format", "granularity", "amax", "dB", "smoothing"));
    for (Row row : rows) {
      cells.add(
          List.of(
              row.path(),
              row.layerClass(),
              row.descriptor().format().label() + (row.descriptor().affine() ? " affine" : ""),
              row.descriptor().granularity() + (row.descriptor().dynamic() ? " dynamic" : ""),
              row.amax().map(Range::toString).orElse(row.descriptor().dynamic() ? "dynamic" : "-"),
              Figures.text(row.decibels()),
              row.smoothing().toString()));
    }
    StringBuilder text = new StringBuilder(TextTable.of(cells));
    text.append(rows.size()).append(rows.size() == 1 ? " quantizer in " : " quantizers in ");
    text.append(layersText()).append("; weights and biases of all layers ");
    text.append(weightBytes).append(" bytes packed, as float32 ").append(floatBytes);
    text.append(", held in ").append(heldBytes).append('\n');
    modelError.ifPresent(error -> text.append("model output: ").append(error).append('\n'));
    for (String path : skipped) {
      text.append("skipped: ").append(path).append('\n');
    }
    String zeros =
        rows.stream().filter(Row::isOfZeros).map(Row::path).collect(Collectors.joining(", "));
    if (!zeros.isEmpty()) {
      text.append("only zeros in the calibration data, so everything becomes zero: ")
          .append(zeros)
          .append('\n');
    }
    long notRun = rows.stream().filter(r -> r.smoothing().toString().equals("not run")).count();
    if (notRun > 0) {
      text.append(notRun)
          .append(notRun == 1 ? " input is" : " inputs are")
          .append(" marked @SmoothQuant and ")
          .append(notRun == 1 ? "was" : "were")
          .append(" not smoothed\n");
    }
    return text.toString();
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
