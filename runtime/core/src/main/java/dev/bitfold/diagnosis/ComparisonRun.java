package dev.bitfold.diagnosis;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.internal.replay.NumberedBatches;
import dev.bitfold.internal.replay.Replay;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a float and a quantized model over the same batches. */
public final class ComparisonRun {
  private static final Logger LOG = LoggerFactory.getLogger(ComparisonRun.class);

  /** One batch in so many is compared: two models run over it, and a pass runs one over all. */
  private static final long SHARE = 8;

  private static final long FEWEST = 4;
  private static final long MOST = 16;

  private ComparisonRun() {}

  /**
   * Compares both models on all batches.
   *
   * @throws CalibrationException if there is no row to compare, or a batch cannot be run or
   *     compared
   */
  public static <M, B> Comparison of(
      M floatModel,
      M quantized,
      Iterable<? extends B> batches,
      Forward<? super M, ? super B> forward) {
    ComparisonSum sum = new ComparisonSum();
    int next = 0;
    for (B batch : batches) {
      int number = next++;
      sum.add(
          number,
          () -> NumberedBatches.run(floatModel, batch, number, forward),
          () -> NumberedBatches.run(quantized, batch, number, forward));
    }
    return sum.get()
        .orElseThrow(
            () ->
                new CalibrationException(
                    "there is nothing to compare: no batch gives an output with a value"));
  }

  /**
   * Compares both models on an evenly spread sample of the calibration data: one batch in eight,
   * but at least 4 if there are as many, and about 16 at most. If the data can no longer be run,
   * this only writes a warning to the log, because the quantized model is usable without the
   * measurement.
   *
   * @param model makes the quantized model
   * @return the comparison; empty if nothing could be compared
   */
  public static <M> Optional<Comparison> sampled(Replay<M> replay, Supplier<M> model) {
    ComparisonSum sum = new ComparisonSum();
    long stride = stride(replay.found().orElse(0));
    try {
      M quantized = model.get();
      for (Replay.Batch<M> batch : replay.pass("comparing")) {
        if (batch.number() % stride == 0) {
          sum.add(batch.number(), () -> batch.run(replay.model()), () -> batch.run(quantized));
        }
      }
    } catch (RuntimeException e) {
      LOG.warn("the error of the model's output was not measured: {}", e.getMessage());
      return Optional.empty();
    }
    return sum.get();
  }

  private static long stride(long found) {
    long enough = Math.min(Math.max(found / SHARE, FEWEST), MOST);
    return Math.max(found / enough, 1);
  }
}
