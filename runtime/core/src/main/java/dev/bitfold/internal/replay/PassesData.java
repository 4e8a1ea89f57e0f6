package dev.bitfold.internal.replay;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Passes;
import dev.bitfold.calibration.Progress;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.State;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Holds a model and calibration data that {@link Passes} run over. The first pass gathers a sample:
 * the batches with the smallest keys, in their order. What a step does with a sample, it does with
 * this one, in this JVM.
 */
public final class PassesData<M, B> implements Replay.Whole<M> {
  /** The number of batches of the sample with which the model is checked. */
  private static final int CHECKED = 2;

  /**
   * Holds what the first pass has found.
   *
   * @param sample the sample, with the data that it is of
   * @param checked a few batches of the sample, to check the model with
   * @param observations the observations of all data
   */
  public record First<M>(Replay<M> sample, Replay<M> checked, Observations observations) {}

  private final PassModel<M> model;
  private final Passes<B> passes;
  private final Passes.Step<? super M, ? super B> step;
  private final Progress.Listener listener;
  private final long count;
  private final long contents;

  private PassesData(
      PassModel<M> model,
      Passes<B> passes,
      Passes.Step<? super M, ? super B> step,
      Progress.Listener listener,
      long count,
      long contents) {
    this.model = model;
    this.passes = passes;
    this.step = step;
    this.listener = listener;
    this.count = count;
    this.contents = contents;
  }

  /**
   * Runs the first pass.
   *
   * @param state the state whose quantizers are observed
   * @param byteLimit the largest number of bytes of float outputs to keep, if the user has set it
   * @throws CalibrationException if there are no batches, or the model is not the same everywhere
   */
  public static <M, B> First<M> first(
      Planned<M> planned,
      Passes<B> passes,
      Passes.Step<? super M, ? super B> step,
      State state,
      Progress.Listener listener,
      OptionalLong byteLimit) {
    PassModel<M> model = PassModel.of(planned);
    DataPass<M, B, Observations> pass =
        new DataPass<>("calibrating", ObserveTask.first(state), step, model.weights(), true);
    Gathered<B, Observations> all = passes.run(pass, model, listener);
    if (all.count() == 0) {
      throw new CalibrationException("there are no calibration batches");
    }
    all.witnesses().forEach((jvm, witness) -> witness.check(jvm, planned, step));
    List<B> kept = all.sample().stream().map(KeptBatch::batch).toList();
    Replay<M> sample = Replay.of(planned, kept, step, listener, byteLimit);
    List<B> few = kept.subList(0, Math.min(CHECKED, kept.size()));
    return new First<>(
        sample.sampleOf(
            new PassesData<>(model, passes, step, listener, all.count(), all.contents())),
        Replay.of(planned, few, step, progress -> {}, byteLimit),
        all.seen());
  }

  @Override
  public long count() {
    return count;
  }

  @Override
  public <A extends Accumulator<A>> Replay.Outcome<M, A> run(String name, PassTask<A> task) {
    DataPass<M, B, A> pass = new DataPass<>(name, task, step, model.weights(), false);
    Gathered<B, A> all = passes.run(pass, model, listener);
    Optional<Replay.Batch<M>> refused = all.refused().map(this::ready);
    if (refused.isEmpty() && (all.count() != count || all.contents() != contents)) {
      throw new CalibrationException(
          "the first pass found "
              + count
              + " calibration batches, a later one "
              + (all.count() == count ? "as many with other values" : all.count())
              + ": each pass needs the same batches, in any order; shuffle or draw them once");
    }
    return new Replay.Outcome<>(all.seen(), refused);
  }

  private Replay.Batch<M> ready(KeptBatch<B> kept) {
    return new Replay.Batch<>(
        kept.number(), true, m -> NumberedBatches.run(m, kept.batch(), kept.number(), step));
  }
}
