package dev.bitfold.tuning;

import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Locale;
import java.util.Map;

/**
 * A change of annotations that makes a layer's output better: it was tried on calibration data.
 * Immutable.
 *
 * @param layer the layer's path
 * @param annotation what to write, and where
 * @param reason why, in figures
 * @param describe the same for {@link dev.bitfold.Plan#describe}, by tensor path; empty if the
 *     layer is to be skipped ({@link dev.bitfold.Plan#skip})
 * @param before the relative error of the layer's output as it is
 * @param after with the change
 */
public record Advice(
    String layer,
    String annotation,
    String reason,
    Map<String, QuantDescriptor> describe,
    double before,
    double after) {
  /** Copies the map. */
  public Advice {
    describe = Map.copyOf(describe);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: %s%n  %s; the error of its output falls from %.4f to %.4f",
        layer,
        annotation,
        reason,
        before,
        after);
  }
}
