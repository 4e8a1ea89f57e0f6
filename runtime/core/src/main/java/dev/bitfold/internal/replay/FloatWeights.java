package dev.bitfold.internal.replay;

import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds fingerprints of the weights and biases of a float model at one time. A measurement of the
 * model is not valid after they change. Immutable.
 */
public final class FloatWeights {
  private final ModelShape shape;
  private final Map<String, Long> fingerprints;

  private FloatWeights(ModelShape shape, Map<String, Long> fingerprints) {
    this.shape = shape;
    this.fingerprints = Collections.unmodifiableMap(fingerprints);
  }

  /** Returns the fingerprints of a model's current weights and biases. */
  public static FloatWeights of(ModelShape shape) {
    Map<String, Long> fingerprints = new LinkedHashMap<>();
    for (TensorSite site : shape.sites().values()) {
      TensorRole role = site.tensor().role();
      if (role == TensorRole.WEIGHT || role == TensorRole.BIAS) {
        fingerprints.put(site.path(), Fingerprint.of(shape.tensor(site)));
      }
    }
    return new FloatWeights(shape, fingerprints);
  }

  /** Returns the fingerprint of each weight and bias, by path. */
  Map<String, Long> fingerprints() {
    return fingerprints;
  }

  /**
   * Checks that the model still holds the same weights and biases.
   *
   * @throws IllegalStateException if it does not; the message names each that was changed or closed
   */
  public void requireUnchanged() {
    List<String> changed = new ArrayList<>();
    fingerprints.forEach(
        (path, fingerprint) -> {
          INDArray now = shape.tensor(shape.site(path));
          if (now.wasClosed() || Fingerprint.of(now) != fingerprint) {
            changed.add(path);
          }
        });
    if (!changed.isEmpty()) {
      throw new IllegalStateException(
          "the float model's "
              + String.join(", ", changed)
              + " changed since calibrate(), so its measurements are no longer valid: calibrate"
              + " again, or do not change the model before it is frozen");
    }
  }
}
