package dev.bitfold;

import dev.bitfold.calibration.Forward;
import dev.bitfold.calibration.Progress;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.tuning.Corrections;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Holds how a plan runs its model. Immutable.
 *
 * @param listener is told of progress
 * @param weightAmax the default amax of weights
 * @param byteLimit how many bytes of float outputs are kept at once, if the user has set it
 */
record RunSettings(Progress.Listener listener, WeightAmax weightAmax, OptionalLong byteLimit) {
  static final RunSettings DEFAULT =
      new RunSettings(progress -> {}, WeightAmax.ofDescriptor(), OptionalLong.empty());

  /** Refuses null. */
  RunSettings {
    Objects.requireNonNull(listener, "progress");
    Objects.requireNonNull(weightAmax, "rule");
  }

  RunSettings with(Progress.Listener other) {
    return new RunSettings(other, weightAmax, byteLimit);
  }

  RunSettings with(WeightAmax other) {
    return new RunSettings(listener, other, byteLimit);
  }

  /** Returns the replay of a model and its data. */
  <M, B> Replay<M> replay(
      Planned<M> planned, Iterable<? extends B> batches, Forward<? super M, ? super B> forward) {
    return Replay.of(planned, batches, forward, listener, byteLimit);
  }

  /** Returns the corrections of a state that the user has not corrected. */
  Corrections corrections() {
    return Corrections.NONE.withDefault(weightAmax);
  }

  RunSettings withByteLimit(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("a limit of " + bytes + " bytes; it is 1 at least");
    }
    return new RunSettings(listener, weightAmax, OptionalLong.of(bytes));
  }
}
