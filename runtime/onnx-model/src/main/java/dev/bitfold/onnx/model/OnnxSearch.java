package dev.bitfold.onnx.model;

import dev.bitfold.Calibration;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a search under a budget has found. Immutable.
 *
 * @param calibration the calibration without what stays float
 * @param certificate what was asked for, what was chosen and what was measured
 * @param best what was chosen
 * @param tried all choices whose files were run, in the order of the search
 * @param front choices from the fastest to the most exact, with the error that was measured of each
 * @param correlation the rank correlation of predicted and measured errors of the front
 * @param warnings what makes the figures less sure than they look: times that scatter, data that
 *     was calibrated on, one batch alone; empty if there is nothing
 */
public record OnnxSearch(
    Calibration<OnnxModel> calibration,
    OnnxCertificate certificate,
    Tried best,
    List<Tried> tried,
    List<Front> front,
    double correlation,
    List<String> warnings) {
  /** Copies the collections. */
  public OnnxSearch {
    tried = List.copyOf(tried);
    front = List.copyOf(front);
    warnings = List.copyOf(warnings);
  }

  /**
   * A choice whose file was run on the held-out data, in turns with the float file.
   *
   * @param floats how many layers and points stay float
   * @param predictedTime over the float file's
   * @param predictedError the energy of the output's difference over that of the output, measured
   *     with quantizers that are switched, on batches that were calibrated on
   * @param measured beside the float file
   */
  public record Tried(
      int floats, double predictedTime, double predictedError, OnnxFigures measured) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d float: %s (predicted: time %.2f, %.1f dB)",
          floats,
          measured,
          predictedTime,
          -10 * Math.log10(predictedError));
    }
  }

  /**
   * A choice of the front.
   *
   * @param time predicted, over the float file's
   * @param bytes predicted
   * @param predictedError the energy of the output's difference over that of the output, measured
   *     with quantizers that are switched, on batches that were calibrated on
   * @param error measured on the held-out data
   */
  public record Front(double time, long bytes, double predictedError, double error) {
    /** Returns the measured signal-to-noise ratio in decibels; infinite without an error. */
    public double decibels() {
      return -10 * Math.log10(error);
    }

    /** Returns the predicted signal-to-noise ratio in decibels. */
    public double predictedDecibels() {
      return -10 * Math.log10(predictedError);
    }
  }

  /** Returns the budget that was asked for. */
  public OnnxBudget budget() {
    return certificate.budget();
  }

  /** Returns the paths of the layers and points that stay float. */
  public Set<String> floats() {
    return certificate.floats();
  }

  /** Returns whether the best choice meets the budget. */
  public boolean met() {
    return best.measured().meet(budget());
  }

  /**
   * Writes the best choice with its certificate, as {@link OnnxModel#export(dev.bitfold.Quantized,
   * Path, OnnxOptions)} does.
   *
   * @throws OnnxException if the proof fails
   * @throws IOException if it cannot be written; a file that was there is then unchanged
   */
  public OnnxQdq.Exported export(Path out, OnnxOptions options) throws IOException {
    return OnnxModel.export(
        calibration.freeze(), out, options.withMetadata(OnnxCertificate.KEY, certificate.json()));
  }

  /** Returns the budget and what was reached, in a line. */
  @Override
  public String toString() {
    return budget() + (met() ? " is met: " : " is not met; the best is ") + best;
  }
}
