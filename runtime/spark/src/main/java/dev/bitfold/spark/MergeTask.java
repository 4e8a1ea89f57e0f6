package dev.bitfold.spark;

import dev.bitfold.calibration.Accumulator;
import java.io.Serial;
import org.apache.spark.api.java.function.Function2;

/** Merges what two shares of the data gave. */
final class MergeTask<W, B, A extends Accumulator<A>> implements Function2<byte[], byte[], byte[]> {
  @Serial private static final long serialVersionUID = 1;

  private final SentPass<W, B, A> sent;

  MergeTask(SentPass<W, B, A> sent) {
    this.sent = sent;
  }

  @Override
  public byte[] call(byte[] one, byte[] other) {
    A both = sent.read(one);
    both.merge(sent.read(other));
    return sent.write(both);
  }
}
