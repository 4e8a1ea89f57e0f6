package dev.bitfold.internal.replay;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.descriptor.BitfoldException;
import java.util.Iterator;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Iterates over the user's batches and their numbers, which messages name. */
public final class NumberedBatches<M, B> implements Iterator<Function<M, INDArray>> {
  private final Iterator<? extends B> batches;
  private final Forward<? super M, ? super B> forward;
  private final BatchSeals seals;
  private int next;

  NumberedBatches(
      Iterator<? extends B> batches, Forward<? super M, ? super B> forward, BatchSeals seals) {
    this.batches = batches;
    this.forward = forward;
    this.seals = seals;
  }

  @Override
  public boolean hasNext() {
    return batches.hasNext();
  }

  @Override
  public Function<M, INDArray> next() {
    B batch = batches.next();
    int number = next++;
    seals.require(number, batch);
    return model -> run(model, batch, number, forward);
  }

  /**
   * Runs a batch through a model.
   *
   * @param number of the batch, for messages
   * @throws CalibrationException if that fails, or gives null
   */
  public static <M, B> INDArray run(
      M model, B batch, int number, Forward<? super M, ? super B> forward) {
    if (batch == null) {
      throw new CalibrationException("batch " + number + " is null");
    }
    INDArray output;
    try {
      output = forward.run(model, batch);
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new CalibrationException("batch " + number + ": " + reason(e, batch), e);
    }
    if (output == null) {
      throw new CalibrationException(
          "batch " + number + ": the forward function returned null; it must return the output");
    }
    return output;
  }

  /** What ND4J says of an operation names neither a tensor nor a remedy. */
  private static String reason(Exception e, Object batch) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    boolean other =
        batch instanceof INDArray x
            && !(e instanceof BitfoldException)
            && x.dataType() != DataType.FLOAT;
    return other
        ? message
            + "; the batch holds "
            + ((INDArray) batch).dataType()
            + ": where the model computes with FLOAT, give it batch.castTo(DataType.FLOAT)"
        : message;
  }
}
