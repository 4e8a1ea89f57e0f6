package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Alpha;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Holds the error of the model's output for each cap on the alphas of its layers. With a cap, each
 * layer has the alpha with the smallest error of its own output among those up to the cap.
 *
 * <p>The larger alpha is, the more channels reach the ends of the input's range in the calibration
 * data, and the more of them are clipped when a later input is larger. So the smallest cap is
 * chosen whose error is at most {@value #TOLERANCE} times the smallest error. "Off" is chosen if
 * its error is the smallest.
 *
 * @param caps the caps that were tried: {@link Alpha.Off}, with which no layer is smoothed, and
 *     numbers from 1 downwards; 1 leaves every layer the alpha that its own error chose
 * @param errors the relative error (root of noise over signal) of the model's output for each cap,
 *     on calibration batches
 */
public record AlphaCap(List<Alpha> caps, List<Double> errors) {
  /** How much larger than the smallest error that of a smaller cap may be. */
  static final double TOLERANCE = 1.05;

  /** Copies the lists. */
  public AlphaCap {
    caps = List.copyOf(caps);
    errors = List.copyOf(errors);
    if (caps.isEmpty() || caps.size() != errors.size() || caps.contains(Alpha.searched())) {
      throw new IllegalArgumentException("caps " + caps + " and errors " + errors);
    }
  }

  /** Returns the cap that was chosen. */
  public Alpha chosen() {
    int chosen = 0;
    for (int i = 1; i < errors.size(); i++) {
      if (errors.get(i) < errors.get(chosen)) {
        chosen = i;
      }
    }
    double most = TOLERANCE * errors.get(chosen);
    for (int i = 0; i < caps.size() && !caps.get(chosen).isOff(); i++) {
      if (errors.get(i) <= most && value(caps.get(i)) < value(caps.get(chosen))) {
        chosen = i;
      }
    }
    return caps.get(chosen);
  }

  /** Returns a cap as a number; "off" is not smaller than others, as it is chosen by error only. */
  private static double value(Alpha cap) {
    return cap.fixed().orElse(Double.POSITIVE_INFINITY);
  }

  /** Returns one line: what was chosen, and the error of each cap. */
  @Override
  public String toString() {
    List<String> tried = new ArrayList<>();
    for (int i = 0; i < caps.size(); i++) {
      tried.add(String.format(Locale.ROOT, "%s: %.3g", name(caps.get(i)), errors.get(i)));
    }
    return (chosen().isOff() ? "off" : "up to " + name(chosen()))
        + " (the model's relative error with alphas up to "
        + String.join(", ", tried)
        + ")";
  }

  private static String name(Alpha cap) {
    return cap instanceof Alpha.Fixed fixed
        ? String.format(Locale.ROOT, "%.2f", fixed.value())
        : cap.toString();
  }
}
