package dev.bitfold.internal.replay;

import dev.bitfold.internal.state.Planned;

/**
 * Holds the model of one JVM that runs passes, and the fingerprints of its weights and biases. Safe
 * for concurrent use.
 */
public final class PassModel<M> {
  private final Planned<M> planned;
  private final FloatWeights weights;

  private PassModel(Planned<M> planned, FloatWeights weights) {
    this.planned = planned;
    this.weights = weights;
  }

  /** Returns a model with its current weights and biases. */
  public static <M> PassModel<M> of(Planned<M> planned) {
    return new PassModel<>(planned, FloatWeights.of(planned.shape()));
  }

  static <M> PassModel<M> of(Replay<M> replay) {
    return new PassModel<>(replay.planned(), replay.weights());
  }

  Planned<M> planned() {
    return planned;
  }

  FloatWeights weights() {
    return weights;
  }
}
