package dev.bitfold.calibration;

import java.util.Collection;
import java.util.Iterator;
import java.util.Objects;
import java.util.OptionalLong;

/** Runs passes over batches in this JVM, as one share. */
final class LocalPasses<B> implements Passes<B> {
  private final Iterable<? extends B> batches;

  LocalPasses(Iterable<? extends B> batches) {
    this.batches = Objects.requireNonNull(batches, "batches");
  }

  @Override
  public <W, A extends Accumulator<A>> A run(
      Pass<W, B, A> pass, W own, Progress.Listener progress) {
    OptionalLong total =
        batches instanceof Collection<?> c ? OptionalLong.of(c.size()) : OptionalLong.empty();
    progress.onProgress(new Progress(pass.name(), 0, total));
    A all = pass.empty(own);
    pass.run(own, new Counted<>(pass.name(), total, batches.iterator(), progress), "", all);
    return all;
  }

  /** Reports each batch when the next one is asked for. */
  private static final class Counted<B> implements Iterator<B> {
    private final String name;
    private final OptionalLong total;
    private final Iterator<? extends B> batches;
    private final Progress.Listener progress;
    private long begun;
    private long done;

    Counted(
        String name,
        OptionalLong total,
        Iterator<? extends B> batches,
        Progress.Listener progress) {
      this.name = name;
      this.total = total;
      this.batches = batches;
      this.progress = progress;
    }

    @Override
    public boolean hasNext() {
      if (done < begun) {
        done = begun;
        progress.onProgress(new Progress(name, done, total));
      }
      return batches.hasNext();
    }

    @Override
    public B next() {
      B batch = batches.next();
      begun++;
      return batch;
    }
  }
}
