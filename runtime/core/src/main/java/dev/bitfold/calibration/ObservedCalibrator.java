package dev.bitfold.calibration;

import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Counts observed values and leaves the statistics to a subclass, under the lock of the calibrator.
 * Safe for concurrent use.
 *
 * @param <C> the subclass itself
 */
public abstract class ObservedCalibrator<C extends ObservedCalibrator<C>> implements Calibrator {
  private final Quantizer quantizer;
  private final NonFinite policy;
  private final String kind;
  private Observed observed;

  /**
   * Makes a calibrator that has observed nothing.
   *
   * @param quantizer the quantizer, which determines the groups
   * @param policy what to do with NaN and infinity
   * @param kind the calibrator and the settings on which its statistics depend
   */
  protected ObservedCalibrator(Quantizer quantizer, NonFinite policy, String kind) {
    this.quantizer = quantizer;
    this.policy = policy;
    this.kind = kind;
    this.observed = new Observed(kind);
  }

  /**
   * Prepares the statistics of a batch, without the lock. The batch may still be refused because
   * its groups differ from those of earlier batches.
   *
   * @return the action that adds the statistics, which runs under the lock; if it refuses the
   *     batch, the batch does not count
   */
  protected abstract Runnable statistics(Batch batch);

  /** Returns a calibrator of the same settings that has observed nothing. */
  protected abstract C empty();

  /**
   * Adds the statistics of another calibrator that has observed something, under the locks of both.
   * The two must not share anything afterwards.
   */
  protected abstract void add(C other);

  /**
   * Returns whether the statistics depend on the order of the batches, so that they cannot be
   * merged.
   */
  protected boolean isOrdered() {
    return false;
  }

  /** Writes the statistics, under the lock. */
  protected abstract void writeStatistics(DataOutput out) throws IOException;

  /**
   * Replaces the statistics with those that {@link #writeStatistics} wrote, under the lock.
   *
   * @param read the counts that were written with the statistics
   * @throws IOException if the statistics cannot be read; those of this calibrator are then
   *     unchanged
   */
  protected abstract void readStatistics(DataInput in, Observed read) throws IOException;

  /** Returns the quantizer, which has no scale yet. */
  protected final Quantizer quantizer() {
    return quantizer;
  }

  /** Returns what to do with NaN and infinity. */
  protected final NonFinite policy() {
    return policy;
  }

  /**
   * Returns an array of the amax's shape.
   *
   * @param values one value for each group
   * @throws IllegalStateException if nothing was observed
   */
  protected final synchronized INDArray array(float[] values) {
    return observed.array(values);
  }

  /** Returns the exception for missing statistics. */
  protected final IllegalStateException nothingObserved() {
    return new IllegalStateException(kind + ": nothing was observed");
  }

  @Override
  public final void observe(INDArray x) {
    Objects.requireNonNull(x, "x");
    if (x.isEmpty()) {
      return;
    }
    Batch batch = Batch.of(quantizer, x, policy);
    Runnable statistics = statistics(batch);
    synchronized (this) {
      observed.check(batch);
      statistics.run();
      observed.accept(batch);
    }
  }

  @Override
  public final synchronized long elements() {
    return observed.elements();
  }

  @Override
  public final synchronized long nonFinite() {
    return observed.nonFinite();
  }

  @Override
  public final void merge(Calibrator other) {
    Objects.requireNonNull(other, "other");
    if (isOrdered()) {
      throw new UnsupportedOperationException(
          "a " + kind + " depends on the order of the batches and cannot be merged");
    }
    if (!getClass().isInstance(other)) {
      throw new IllegalArgumentException(
          "cannot merge a " + other.getClass().getSimpleName() + " into a " + kind);
    }
    @SuppressWarnings("unchecked") // of this class, which is C
    C that = (C) other;
    // By way of a copy: two calibrators that are merged into each other would wait forever.
    C copy = that.empty();
    include(that, copy);
    include(copy, this);
  }

  private static <C extends ObservedCalibrator<C>> void include(C more, ObservedCalibrator<C> in) {
    ObservedCalibrator<C> from = more;
    synchronized (from) {
      synchronized (in) {
        in.observed.accept(from.observed);
        if (!from.observed.isEmpty()) {
          in.add(more);
        }
      }
    }
  }

  @Override
  public final synchronized void writeTo(DataOutput out) throws IOException {
    Objects.requireNonNull(out, "out");
    observed.writeTo(out);
    writeStatistics(out);
  }

  @Override
  public final synchronized void readFrom(DataInput in) throws IOException {
    Objects.requireNonNull(in, "in");
    Observed read = Observed.readFrom(in, kind);
    readStatistics(in, read);
    observed = read;
  }
}
