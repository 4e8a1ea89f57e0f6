package dev.bitfold;

import dev.bitfold.layer.Component;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.state.ModelShape;
import dev.bitfold.state.State;
import dev.bitfold.state.Tap;
import dev.bitfold.state.TensorSite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A quantized model, ready to use. Immutable; the model is safe for concurrent use if the user's
 * own code is.
 *
 * @param <M> the model
 */
public final class Quantized<M> {
  private final M model;
  private final Summary summary;

  private Quantized(M model, Summary summary) {
    this.model = model;
    this.summary = summary;
  }

  static <M> Quantized<M> of(
      M model,
      Component<M> component,
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Summary.Smoothings smoothings) {
    requireCalibrated(shape, state);
    M frozen = ModelShape.rebuild(model, component, state, Tap.NONE);
    return new Quantized<>(frozen, Summary.of(shape, state, observations, smoothings));
  }

  private static void requireCalibrated(ModelShape shape, State state) {
    List<String> missing = new ArrayList<>();
    state
        .descriptors()
        .forEach(
            (path, descriptor) -> {
              TensorSite site = java.util.Objects.requireNonNull(shape.sites().get(path));
              boolean calibrated =
                  descriptor.needsCalibration() && site.tensor().role() != TensorRole.WEIGHT;
              if (calibrated && !state.scales().containsKey(path)) {
                missing.add(site.describe(null, descriptor));
              }
            });
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "these quantizers need an amax from calibration data, and no batch has reached them: "
              + String.join("; ", missing));
    }
  }

  /** The model, of the class that it was, with quantized layers. */
  public M model() {
    return model;
  }

  /** What is quantized how, and how well. */
  public Summary summary() {
    return summary;
  }
}
