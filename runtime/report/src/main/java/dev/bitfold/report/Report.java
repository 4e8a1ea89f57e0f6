package dev.bitfold.report;

import dev.bitfold.diagnosis.Comparison;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.tuning.Advice;
import dev.bitfold.tuning.Sensitivity;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a report shows. Numbers that were not measured are null. Immutable.
 *
 * @param title what was quantized
 * @param origin when, with what and on which data the numbers were made
 * @param modelError the error of the whole model's output; null if it was not measured
 * @param totals what the model holds, float layers included
 * @param layers the quantized layers, in the order of the model
 * @param skipped what stays float on purpose
 * @param changes what to change, worst first; null if no advice was asked for
 */
public record Report(
    String title,
    Origin origin,
    @Nullable ModelError modelError,
    Totals totals,
    List<Layer> layers,
    List<Skipped> skipped,
    @Nullable List<Change> changes) {
  /** Copies the lists. */
  public Report {
    layers = List.copyOf(layers);
    skipped = List.copyOf(skipped);
    changes = changes == null ? null : List.copyOf(changes);
  }

  /**
   * Returns what a diagnosis tells, dated now.
   *
   * @param title what was quantized
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
    return new Report(title, origin, modelError, totals, ranked, skipped, changes);
  }

  /** Returns this report with what to change; an empty list says that nothing is worth it. */
  public Report with(List<Advice> advice) {
    List<Change> found = advice.stream().map(Change::of).toList();
    return new Report(title, origin, modelError, totals, layers, skipped, found);
  }

  /** Returns this report with the error of the whole model's output. */
  public Report with(Comparison comparison) {
    ModelError error = ModelError.of(comparison);
    return new Report(title, origin, error, totals, layers, skipped, changes);
  }

  /**
   * Returns this report with the data that the model was calibrated and measured with.
   *
   * @param data in words: {@code 256 sentences of STS 2012}
   */
  public Report withData(String data) {
    Origin known = new Origin(origin.written(), origin.version(), data);
    return new Report(title, known, modelError, totals, layers, skipped, changes);
  }

  /**
   * Where a report comes from.
   *
   * @param written when, in ISO 8601: {@code 2026-11-30T16:40:00Z}
   * @param version of Bitfold
   * @param data what the model was calibrated and measured with, in words
   */
  public record Origin(String written, String version, @Nullable String data) {
    static Origin now() {
      return new Origin(BuildFacts.now(), BuildFacts.version(), null);
    }
  }

  /**
   * The error of the whole model's output against the float model's.
   *
   * @param relative root of noise over signal: 0.01 is one percent
   * @param cosine the mean cosine between both outputs
   * @param rows how many rows of the output were compared, such as examples
   */
  public record ModelError(double relative, double cosine, long rows) {
    static ModelError of(Comparison comparison) {
      return new ModelError(comparison.relativeError(), comparison.cosine(), comparison.rows());
    }
  }

  /**
   * What a model holds.
   *
   * @param layers annotated layers, float ones included
   * @param quantizers of weights, biases, inputs and outputs
   * @param packedBytes what the weights and biases of all layers take in the bits of their formats
   * @param floatBytes what they take as float32
   */
  public record Totals(int layers, int quantizers, long packedBytes, long floatBytes) {}

  /**
   * A layer.
   *
   * @param path its path in the model
   * @param type the simple name of its class
   * @param formats how each tensor is quantized, by its name
   * @param weightDb signal to quantization noise of the weights, in dB
   * @param inputDb of the worst input, after smoothing
   * @param outputDb of the output
   * @param outputL1 the mean absolute error of the output over its mean absolute value
   * @param sensitivity the model's relative output error when only this layer is quantized
   * @param alpha the migration strength; null if it is not smoothed
   * @param curve the output error over alpha; null if none was searched
   * @param inputs its quantized inputs
   * @param packedBytes what weights and biases take in the bits of their formats
   * @param floatBytes what they take as float32
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
   * The output error over alpha.
   *
   * @param alphas ascending, without "off"
   * @param errors the error at each
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
   * A quantized input of a layer.
   *
   * @param name of the tensor
   * @param before its values before smoothing
   * @param after and after; null if it is not smoothed
   * @param calibrators what each calibrator would choose
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
   * What a calibrator would choose for an input.
   *
   * @param calibrator its name: {@code percentile 99.9}
   * @param amax of the whole tensor
   * @param clipped the share of the values beyond it, estimated from the histogram; null if its
   *     bins are too wide to tell, such as beside one value that is far out
   * @param error the relative error of the input at that amax with one scale, in the format of the
   *     input, estimated in the same way; null for formats that are not integers
   */
  public record CalibratorChoice(
      String calibrator, double amax, @Nullable Double clipped, @Nullable Double error) {}

  /**
   * The values of an input.
   *
   * @param counts how many absolute values lie in each bin, from 0 on
   * @param binWidth the width of a bin
   * @param amax the chosen amax; null if it is dynamic
   * @param channelAmax the largest absolute value of each channel
   */
  public record Activations(
      List<Long> counts, double binWidth, @Nullable Double amax, List<Double> channelAmax) {
    /** Copies the lists. */
    public Activations {
      counts = List.copyOf(counts);
      channelAmax = List.copyOf(channelAmax);
    }

    /** Returns the largest channel over the median one; NaN without channels. */
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
   * What stays float on purpose.
   *
   * @param path of a component or tensor
   * @param type the simple name of its class
   * @param reason who keeps it float
   */
  public record Skipped(String path, String type, String reason) {}

  /**
   * A change that makes a layer better; it was tried on calibration data.
   *
   * @param layer the layer's path
   * @param change what to write, and where
   * @param reason why, in figures
   * @param modelBefore the relative error that the layer alone adds to the model's output
   * @param modelAfter the same with the change
   * @param layerBefore the relative error of the layer's output
   * @param layerAfter the same with the change
   * @param bytes what the layer's packed weights take more; below 0 if they take less
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
}
