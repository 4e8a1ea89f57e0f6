package dev.bitfold.tuning;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Figures;
import java.util.Locale;
import java.util.Map;

/**
 * Recommends a change of annotations that makes a layer's output more accurate. The change was
 * tried on calibration data. Immutable.
 *
 * @param layer the layer's path
 * @param annotation the annotation to write, and where
 * @param reason the reason, in figures
 * @param describe the same change for {@link dev.bitfold.Plan#describe}, by tensor path; empty if
 *     the layer is to be skipped ({@link dev.bitfold.Plan#skip})
 * @param before the relative error of the layer's output without the change
 * @param after the relative error of the layer's output with the change
 * @param modelBefore the relative error of the model's output without the change, with this layer
 *     quantized and all others float
 * @param modelAfter the same error with the change
 * @param bytes the number of bytes that the layer's packed weights take in addition; below 0 if
 *     they take fewer
 */
public record Advice(
    String layer,
    String annotation,
    String reason,
    Map<String, QuantDescriptor> describe,
    double before,
    double after,
    double modelBefore,
    double modelAfter,
    long bytes) {
  /** Copies the map. */
  public Advice {
    describe = Map.copyOf(describe);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: %s%n  %s; the error of its output %s, and its share of the error of the model's output"
            + " %s; its weights take %s",
        layer,
        annotation,
        reason,
        change(before, after),
        change(modelBefore, modelAfter),
        bytes == 0
            ? "as much as before"
            : String.format(
                Locale.ROOT, "%,d bytes %s", Math.abs(bytes), bytes > 0 ? "more" : "less"));
  }

  /**
   * A change may help the model and not the layer's own output, whose outliers weigh less there.
   */
  private static String change(double from, double to) {
    return (to > from ? "rises" : "falls")
        + " from "
        + Figures.error(from)
        + " to "
        + Figures.error(to);
  }
}
