package dev.bitfold.spark;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.CalibrationException;
import java.io.Serial;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;

/**
 * Runs a partition of the data. What refuses the data a second time is told to the driver, which
 * cancels the pass, because more attempts would not help.
 */
final class ShareTask<W, B, A extends Accumulator<A>>
    implements Function2<Integer, Iterator<B>, Iterator<byte[]>> {
  @Serial private static final long serialVersionUID = 1;

  private final SentPass<W, B, A> sent;
  private final LongAccumulator done;
  private final CollectionAccumulator<String> refusals;

  ShareTask(SentPass<W, B, A> sent, LongAccumulator done, CollectionAccumulator<String> refusals) {
    this.sent = sent;
    this.done = done;
    this.refusals = refusals;
  }

  @Override
  public Iterator<byte[]> call(Integer partition, Iterator<B> batches) {
    try {
      W model = sent.model();
      A seen = sent.pass().empty(model);
      sent.pass().run(model, counted(batches), "partition " + partition, seen);
      return List.of(sent.write(seen)).iterator();
    } catch (CalibrationException e) {
      if (TaskContext.get().attemptNumber() == 0) {
        throw e;
      }
      refusals.add(Objects.requireNonNullElse(e.getMessage(), e.toString()));
      return List.<byte[]>of().iterator();
    }
  }

  private Iterator<B> counted(Iterator<B> batches) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return batches.hasNext();
      }

      @Override
      public B next() {
        B batch = batches.next();
        done.add(1);
        return batch;
      }
    };
  }
}
