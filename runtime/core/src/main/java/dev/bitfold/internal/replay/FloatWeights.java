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
 * The weights and biases of a float model as they once were, by their fingerprints: what was
 * measured on a model is not true of one that has been changed since. Immutable.
 */
public final class FloatWeights {
  private final ModelShape shape;
  private final Map<String, Long> fingerprints;

  private FloatWeights(ModelShape shape, Map<String, Long> fingerprints) {
    this.shape = shape;
    this.fingerprints = Collections.unmodifiableMap(fingerprints);
  }

  /** Returns those of a model as they are now. */
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

  /**
   * Checks that the model still holds them.
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
              + " changed since calibrate(), so that what was measured does not hold any more:"
              + " calibrate again, or leave the model as it is until it is frozen");
    }
  }
}
