package dev.bitfold;

import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.Passes;
import dev.bitfold.internal.replay.PassesData;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.Descriptions;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.State;
import dev.bitfold.layer.TensorRole;
import java.util.Objects;

/**
 * Begins the calibration of a plan: checks it, and runs the first pass over the data.
 *
 * @param planned the model
 * @param descriptions how each tensor is quantized
 * @param settings how the model is run
 */
record Beginning<M>(Planned<M> planned, Descriptions descriptions, RunSettings settings) {

  <B> Calibration<M> on(
      Iterable<? extends B> batches, Forward<? super M, ? super B> forward, NonFinite nonFinite) {
    Objects.requireNonNull(nonFinite, "nonFinite");
    if (nonFinite == NonFinite.KEEP) {
      throw new IllegalArgumentException("a model is not calibrated on NaN: use REFUSE or COUNT");
    }
    Objects.requireNonNull(batches, "batches");
    Objects.requireNonNull(forward, "forward");
    check();
    Replay<M> replay = settings.replay(planned, batches, forward);
    return calibration(new FirstPass<>(replay, planned.shape(), state(), nonFinite).run());
  }

  <B> Calibration<M> on(Passes<B> passes, Passes.Step<? super M, ? super B> step) {
    Objects.requireNonNull(passes, "passes");
    Objects.requireNonNull(step, "forward");
    check();
    requireNoOrder();
    PassesData.First<M> first =
        PassesData.first(planned, passes, step, state(), settings.listener(), settings.byteLimit());
    new FirstPass<>(first.checked(), planned.shape(), state(), NonFinite.REFUSE).run();
    return calibration(new FirstPass.Result<>(first.sample(), first.observations().byPath()));
  }

  private void check() {
    planned.shape().requireArrays("it cannot be calibrated here");
    descriptions.check(planned.shape());
  }

  /** Refuses what depends on the order of the batches. */
  private void requireNoOrder() {
    descriptions
        .descriptors()
        .forEach(
            (path, descriptor) -> {
              if (descriptor.calib() == Calib.MOVING_AVERAGE
                  && descriptor.needsCalibration()
                  && planned.shape().site(path).tensor().role() != TensorRole.WEIGHT) {
                throw new CalibrationException(
                    planned.shape().site(path).describe(null, descriptor)
                        + ": calib = MOVING_AVERAGE depends on the order of the batches, and passes"
                        + " have none; use MAX or PERCENTILE, or calibrate on an Iterable");
              }
            });
  }

  private State state() {
    return State.FLOAT.withDescriptors(descriptions.descriptors());
  }

  private Calibration<M> calibration(FirstPass.Result<M> seen) {
    return Calibration.of(seen, planned.shape(), descriptions, settings.weightAmax());
  }
}
