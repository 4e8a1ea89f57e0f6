package dev.bitfold.report;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Comparison;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.tuning.Advice;
import dev.bitfold.tuning.Allocation;
import dev.bitfold.tuning.Sensitivity;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds the contents of a report. Numbers that were not measured are null, and so are the dB of
 * what lost nothing. Immutable.
 *
 * @param title the name of what was quantized
 * @param origin when, with what and on which data the numbers were made
 * @param modelError the error of the whole model's output; null if it was not measured
 * @param totals the totals of the model with its float layers
 * @param layers the quantized layers, in the order of the model
 * @param skipped the components and tensors that stay float on purpose
 * @param changes what to change, worst first; null if no advice was asked for
 * @param formats the formats that a budget gave the weights; null if there was none
 * @param search the files that were searched under a budget; null if there was none
 */
public record Report(
    String title,
    Origin origin,
    @Nullable ModelError modelError,
    Totals totals,
    List<Layer> layers,
    List<Skipped> skipped,
    @Nullable List<Change> changes,
    @Nullable Formats formats,
    @Nullable FileSearch search) {
  /** Copies the lists. */
  public Report {
    layers = List.copyOf(layers);
    skipped = List.copyOf(skipped);
    changes = changes == null ? null : List.copyOf(changes);
  }

  /**
   * Returns the report of a diagnosis with the current time.
   *
   * @param title the name of what was quantized
   */
  public static Report of(String title, Diagnosis diagnosis) {
    return new DiagnosisReport(diagnosis).report(title, Origin.now());
  }

  /** Returns this report with the model's error when only one layer is quantized. */
  public Report with(Sensitivity sensitivity) {
    Map<String, Double> errors = new HashMap<>();
    sensitivity
        .layers()
        .forEach(layer -> layer.error().ifPresent(error -> errors.put(layer.path(), error)));
    List<Layer> ranked =
        layers.stream().map(layer -> layer.withSensitivity(errors.get(layer.path()))).toList();
    return new Report(title, origin, modelError, totals, ranked, skipped, changes, formats, search);
  }

  /** Returns this report with changes; an empty list means that nothing is worth changing. */
  public Report with(List<Advice> advice) {
    List<Change> found = advice.stream().map(Change::of).toList();
    return new Report(title, origin, modelError, totals, layers, skipped, found, formats, search);
  }

  /** Returns this report with the error of the whole model's output. */
  public Report with(Comparison comparison) {
    ModelError error = ModelError.of(comparison);
    return new Report(title, origin, error, totals, layers, skipped, changes, formats, search);
  }

  /** Returns this report with the formats of weights, chosen under a budget, and other budgets. */
  public Report with(Allocation allocation) {
    Formats chosen = Formats.of(allocation);
    return new Report(title, origin, modelError, totals, layers, skipped, changes, chosen, search);
  }

  /** Returns this report with what a search of files under a budget has found. */
  public Report with(FileSearch found) {
    return new Report(title, origin, modelError, totals, layers, skipped, changes, formats, found);
  }

  /**
   * Returns this report with the data that the model was calibrated and measured with.
   *
   * @param data the data in words: {@code 256 sentences of STS 2012}
   */
  public Report withData(String data) {
    Origin known = new Origin(origin.written(), origin.version(), data);
    return new Report(title, known, modelError, totals, layers, skipped, changes, formats, search);
  }

  /**
   * Describes the origin of a report.
   *
   * @param written the time of the report, in ISO 8601: {@code 2026-11-30T16:40:00Z}
   * @param version the version of Bitfold
   * @param data the data of calibration and measurement, in words
   */
  public record Origin(String written, String version, @Nullable String data) {
    static Origin now() {
      return new Origin(BuildFacts.now(), BuildFacts.version(), null);
    }
  }

  /**
   * Holds the error of the whole model's output relative to the float model's output.
   *
   * @param relative the root of noise over signal; 0.01 is one percent
   * @param cosine the mean cosine between both outputs
   * @param rows the number of compared rows of the output, such as examples
   */
  public record ModelError(double relative, double cosine, long rows) {
    static ModelError of(Comparison comparison) {
      return new ModelError(comparison.relativeError(), comparison.cosine(), comparison.rows());
    }
  }

  /**
   * Holds the totals of a model.
   *
   * @param layers the number of annotated layers, with float layers
   * @param quantizers the number of quantizers of weights, inputs and outputs
   * @param packedBytes the bytes of all weights and biases in the bits of their formats
   * @param floatBytes the bytes of all weights and biases as float32
   */
  public record Totals(int layers, int quantizers, long packedBytes, long floatBytes) {}

  /**
   * Describes a layer.
   *
   * @param path the path of the layer
   * @param type the simple name of the layer's class
   * @param formats how each tensor is quantized, by its name
   * @param weightDb the signal to quantization noise of the weights, in dB
   * @param inputDb the signal to quantization noise of the worst input after smoothing, in dB
   * @param outputDb the signal to quantization noise of the output, in dB
   * @param outputL1 the mean absolute error of the output divided by its mean absolute value
   * @param sensitivity the model's relative output error if only this layer is quantized
   * @param alpha the migration strength; null if the layer is not smoothed
   * @param curve the output error for each alpha; null if no alpha was searched
   * @param inputs the quantized inputs
   * @param packedBytes the bytes of weights and biases in the bits of their formats
   * @param floatBytes the bytes of weights and biases as float32
   */
  public record Layer(
      String path,
      String type,
      Map<String, String> formats,
      @Nullable Double weightDb,
      @Nullable Double inputDb,
      @Nullable Double outputDb,
      @Nullable Double outputL1,
      @Nullable Double sensitivity,
      @Nullable Double alpha,
      @Nullable Curve curve,
      List<Input> inputs,
      long packedBytes,
      long floatBytes) {
    /** Copies the map, keeping its order, and the list. */
    public Layer {
      formats = Collections.unmodifiableMap(new LinkedHashMap<>(formats));
      inputs = List.copyOf(inputs);
    }

    Layer withSensitivity(@Nullable Double error) {
      return new Layer(
          path,
          type,
          formats,
          weightDb,
          inputDb,
          outputDb,
          outputL1,
          error,
          alpha,
          curve,
          inputs,
          packedBytes,
          floatBytes);
    }
  }

  /**
   * Holds the output error for each alpha.
   *
   * @param alphas the alphas in ascending order, without "off"
   * @param errors the error at each alpha
   * @param off the error without smoothing
   */
  public record Curve(List<Double> alphas, List<Double> errors, @Nullable Double off) {
    /** Copies the lists. */
    public Curve {
      alphas = List.copyOf(alphas);
      errors = List.copyOf(errors);
    }
  }

  /**
   * Describes a quantized input of a layer.
   *
   * @param name the name of the tensor
   * @param before the values before smoothing
   * @param after the values after smoothing; null if the input is not smoothed
   * @param calibrators the choice of each calibrator
   */
  public record Input(
      String name,
      Activations before,
      @Nullable Activations after,
      List<CalibratorChoice> calibrators) {
    /** Copies the list. */
    public Input {
      calibrators = List.copyOf(calibrators);
    }
  }

  /**
   * Describes what a calibrator would choose for an input.
   *
   * @param calibrator the name of the calibrator: {@code percentile 99.9}
   * @param amax the amax of the whole tensor
   * @param clipped the share of the values beyond the amax, estimated from the histogram; null if
   *     the bins are too wide for an estimate, for example because of an outlier
   * @param error the relative error of the input at that amax with one scale, in the format of the
   *     input, estimated in the same way; null for formats that are not integers
   */
  public record CalibratorChoice(
      String calibrator, double amax, @Nullable Double clipped, @Nullable Double error) {}

  /**
   * Describes the values of an input.
   *
   * @param counts the number of absolute values in each bin, from 0 on
   * @param binWidth the width of a bin
   * @param amax the chosen amax; null if the scale is dynamic
   * @param channelAmax the largest absolute value of each channel
   */
  public record Activations(
      List<Long> counts, double binWidth, @Nullable Double amax, List<Double> channelAmax) {
    /** Copies the lists. */
    public Activations {
      counts = List.copyOf(counts);
      channelAmax = List.copyOf(channelAmax);
    }

    /** Returns the largest channel divided by the median channel; NaN without channels. */
    public double maxOverMedian() {
      if (channelAmax.isEmpty()) {
        return Double.NaN;
      }
      List<Double> sorted = channelAmax.stream().sorted().toList();
      int n = sorted.size();
      double median = (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
      return sorted.get(n - 1) / median;
    }
  }

  /**
   * Describes what stays float on purpose.
   *
   * @param path the path of the component or tensor
   * @param type the simple name of the component's class
   * @param reason what keeps it float
   */
  public record Skipped(String path, String type, String reason) {}

  /**
   * Describes a change that makes a layer more accurate, and that was tried on calibration data.
   *
   * @param layer the layer's path
   * @param change the annotation to write, and its place
   * @param reason the reason, in figures
   * @param modelBefore the relative error that the layer alone adds to the model's output
   * @param modelAfter that error with the change
   * @param layerBefore the relative error of the layer's output
   * @param layerAfter that error with the change
   * @param bytes the additional bytes of the layer's packed weights; below 0 if they take fewer
   */
  public record Change(
      String layer,
      String change,
      String reason,
      double modelBefore,
      double modelAfter,
      double layerBefore,
      double layerAfter,
      long bytes) {
    static Change of(Advice advice) {
      return new Change(
          advice.layer(),
          advice.annotation(),
          advice.reason(),
          advice.modelBefore(),
          advice.modelAfter(),
          advice.before(),
          advice.after(),
          advice.bytes());
    }
  }

  /**
   * Tells which format each weight got under a budget. Errors are relative errors of the model's
   * output with only weights quantized.
   *
   * @param weights the weights that formats were chosen for, in the order of the model
   * @param chosen the size of the model and its errors with these formats
   * @param front other budgets with what would be chosen for them, by ascending bytes
   * @param rankCorrelation the rank correlation of predicted and measured errors; null if all
   *     errors are equal
   * @param heldOut whether errors were measured on batches that the prediction has not seen
   */
  public record Formats(
      List<Weight> weights,
      Point chosen,
      List<Point> front,
      @Nullable Double rankCorrelation,
      boolean heldOut) {
    /** Copies the lists. */
    public Formats {
      weights = List.copyOf(weights);
      front = List.copyOf(front);
    }

    /**
     * Describes a weight.
     *
     * @param path the path of the weight
     * @param format how it is quantized, or {@code float32}
     * @param bytes its packed size
     * @param error the predicted error of the model's output with only this weight quantized
     */
    public record Weight(String path, String format, long bytes, double error) {}

    /**
     * Describes formats for all weights.
     *
     * @param bytes the size of weights and biases of all layers, packed
     * @param predicted the predicted error
     * @param measured the measured error
     */
    public record Point(long bytes, double predicted, double measured) {
      static Point of(Allocation.Point point) {
        return new Point(point.bytes(), point.predicted(), point.measured());
      }
    }

    static Formats of(Allocation allocation) {
      double correlation = allocation.rankCorrelation();
      return new Formats(
          allocation.weights().stream()
              .map(
                  weight ->
                      new Weight(
                          weight.path(),
                          weight.format().map(QuantDescriptor::toString).orElse("float32"),
                          weight.bytes(),
                          weight.error()))
              .toList(),
          Point.of(allocation.chosen()),
          allocation.front().stream().map(Point::of).distinct().toList(),
          Double.isNaN(correlation) ? null : correlation,
          allocation.heldOut());
    }
  }
}
