package dev.bitfold.report;

import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.tuning.Advice;
import dev.bitfold.tuning.Sensitivity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a report shows. Numbers that were not measured are null. Immutable.
 *
 * @param title what was quantized
 * @param layers the quantized layers, in the order of the model
 * @param skipped what stays float on purpose
 * @param advice what to change, worst first
 */
public record Report(String title, List<Layer> layers, List<String> skipped, List<String> advice) {
  /** Copies the lists. */
  public Report {
    layers = List.copyOf(layers);
    skipped = List.copyOf(skipped);
    advice = List.copyOf(advice);
  }

  /**
   * What a diagnosis tells.
   *
   * @param title what was quantized
   */
  public static Report of(String title, Diagnosis diagnosis) {
    return new DiagnosisReport(diagnosis).report(title);
  }

  /** With the model's error when only one layer is quantized. */
  public Report with(Sensitivity sensitivity) {
    Map<String, Double> errors = new HashMap<>();
    sensitivity
        .layers()
        .forEach(layer -> layer.error().ifPresent(error -> errors.put(layer.path(), error)));
    List<Layer> ranked =
        layers.stream().map(layer -> layer.withSensitivity(errors.get(layer.path()))).toList();
    return new Report(title, ranked, skipped, advice);
  }

  /** With what to change. */
  public Report with(List<Advice> changes) {
    return new Report(title, layers, skipped, changes.stream().map(Advice::toString).toList());
  }

  /**
   * A layer.
   *
   * @param path its path in the model
   * @param type the simple name of its class
   * @param formats how each tensor is quantized, by its name
   * @param weightDb signal to quantization noise of the weights, in dB
   * @param inputDb of the inputs, after smoothing
   * @param outputDb of the output
   * @param outputL1 the mean absolute error of the output over its mean absolute value
   * @param sensitivity the model's relative output error when only this layer is quantized
   * @param alpha the migration strength; null if it is not smoothed
   * @param curve the output error over alpha; null if none was searched
   * @param before the input before smoothing; null if it is not known
   * @param after and after; null if it is not smoothed
   * @param calibrators the amax that each calibrator would choose, by its name
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
      @Nullable Activations before,
      @Nullable Activations after,
      Map<String, Double> calibrators,
      long packedBytes,
      long floatBytes) {
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
          before,
          after,
          calibrators,
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

    /** The largest channel over the median one; NaN without channels. */
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
}
