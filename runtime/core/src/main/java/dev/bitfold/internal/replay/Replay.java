package dev.bitfold.internal.replay;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.calibration.Progress;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.layer.Component;
import java.util.Collection;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a model and its calibration data. It can run any state of the model over the batches, as
 * often as a method needs.
 *
 * <p>Iterating makes one pass over all batches, in order. If a pass finds another number of batches
 * than the first pass did, or none, it ends with a {@link CalibrationException}.
 */
public final class Replay<M> implements Iterable<Replay.Batch<M>> {
  private static final String ONCE =
      "the calibration batches can be iterated only once, and calibration needs several passes:"
          + " give a List, or an Iterable that starts anew";

  /** Holds one batch that is ready to be run through a model. */
  public static final class Batch<M> {
    private final int number;
    private final boolean first;
    private final Function<M, INDArray> forward;

    Batch(int number, boolean first, Function<M, INDArray> forward) {
      this.number = number;
      this.first = first;
      this.forward = forward;
    }

    /** Returns the number of the batch among the user's batches, from 0. */
    public int number() {
      return number;
    }

    /** Returns whether the pass begins with this batch. */
    public boolean isFirst() {
      return first;
    }

    /** Runs the batch through a model and returns the output. */
    public INDArray run(M model) {
      return forward.apply(model);
    }
  }

  private final Planned<M> planned;
  private final Progress.Listener listener;
  private final OptionalLong count;
  private final Supplier<Iterator<Function<M, INDArray>>> batches;
  private final Set<Integer> leftOut;
  private final OptionalLong expected;
  private final boolean refilled;
  private final FloatWeights weights;
  private final OptionalLong byteLimit;
  private final Optional<Whole<M>> whole;

  private Replay(
      Planned<M> planned,
      Progress.Listener listener,
      OptionalLong count,
      Supplier<Iterator<Function<M, INDArray>>> batches,
      Set<Integer> leftOut,
      OptionalLong expected,
      boolean refilled,
      FloatWeights weights,
      OptionalLong byteLimit,
      Optional<Whole<M>> whole) {
    this.planned = planned;
    this.listener = listener;
    this.count = count;
    this.batches = batches;
    this.leftOut = leftOut;
    this.expected = expected;
    this.refilled = refilled;
    this.weights = weights;
    this.byteLimit = byteLimit;
    this.whole = whole;
  }

  /**
   * Returns the replay of a model and its data.
   *
   * @param byteLimit the largest number of bytes of float outputs to keep, if the user has set it
   */
  public static <M, B> Replay<M> of(
      Planned<M> planned,
      Iterable<? extends B> batches,
      Forward<? super M, ? super B> forward,
      Progress.Listener listener,
      OptionalLong byteLimit) {
    OptionalLong count =
        batches instanceof Collection<?> c ? OptionalLong.of(c.size()) : OptionalLong.empty();
    BatchSeals seals = new BatchSeals();
    return new Replay<>(
        planned,
        listener,
        count,
        () -> new NumberedBatches<M, B>(iterator(batches), forward, seals),
        Set.of(),
        OptionalLong.empty(),
        false,
        FloatWeights.of(planned.shape()),
        byteLimit,
        Optional.empty());
  }

  /** Returns this replay, of a sample, with the data that the sample is of. */
  Replay<M> sampleOf(Whole<M> data) {
    return new Replay<>(
        planned,
        listener,
        count,
        batches,
        leftOut,
        count,
        refilled,
        weights,
        byteLimit,
        Optional.of(data));
  }

  private static <B> Iterator<? extends B> iterator(Iterable<? extends B> batches) {
    try {
      return batches.iterator();
    } catch (IllegalStateException e) {
      throw new CalibrationException(ONCE, e);
    }
  }

  /** Holds all data, of which the batches of a replay may be a sample. */
  interface Whole<M> {
    /** Returns the number of batches. */
    long count();

    /** Runs a task over all batches. */
    <A extends Accumulator<A>> Outcome<M, A> run(String name, PassTask<A> task);
  }

  /**
   * Holds what a pass over all data gave.
   *
   * @param seen what was accumulated; only a part if a batch was refused
   * @param refused a batch that breaks what the task proves
   */
  public record Outcome<M, A>(A seen, Optional<Batch<M>> refused) {}

  /**
   * Runs a task over all data: the batches of this replay, or those that they are a sample of.
   *
   * @param name the stage, whose progress is reported
   */
  public <A extends Accumulator<A>> Outcome<M, A> run(String name, PassTask<A> task) {
    if (whole.isPresent()) {
      return whole.get().run(name, task);
    }
    A seen = task.empty(planned.shape());
    Latest<Batch<M>> latest = new Latest<>(pass(name).iterator());
    boolean all = task.run(planned, () -> latest, seen);
    return new Outcome<>(seen, all ? Optional.empty() : latest.get());
  }

  /**
   * Refuses passes, which have no order and may be on other machines.
   *
   * @param what the step, with its remedy
   * @throws UnsupportedOperationException if the batches are a sample of passes
   */
  public void requireNoPasses(String what) {
    if (whole.isPresent()) {
      throw new UnsupportedOperationException(what);
    }
  }

  /** Returns whether the batches are a sample of passes. */
  public boolean isOfPasses() {
    return whole.isPresent();
  }

  /** Returns the model, and what rebuilds it. */
  public Planned<M> planned() {
    return planned;
  }

  /** Returns the float model itself. */
  public M model() {
    return planned.model();
  }

  FloatWeights weights() {
    return weights;
  }

  /** Returns the component that rebuilds the model. */
  public Component<M> component() {
    return planned.component();
  }

  /** Returns the number of batches that the first pass found; empty before it has ended. */
  public OptionalLong found() {
    return expected;
  }

  /** Returns the number of batches of all data, of which this may be a sample. */
  public OptionalLong total() {
    return whole.isPresent() ? OptionalLong.of(whole.get().count()) : expected;
  }

  /** Returns the largest number of bytes of float outputs to keep. */
  public long mostBytes() {
    return byteLimit.orElseGet(FloatSample::mostBytes);
  }

  /** Returns the model rebuilt in a state. */
  public M rebuild(State state, Tap tap) {
    return planned.rebuild(state, tap);
  }

  /** Returns the float model with one layer rebuilt and all others kept. */
  M rebuildOnly(String layer) {
    return planned.shape().rebuildOnly(planned.model(), planned.component(), layer);
  }

  /**
   * Returns the replay for later passes.
   *
   * @param first the number of batches that the first pass found
   * @param withoutNumbers the numbers of batches to leave out
   * @param refilled whether a batch changes when the next one is read
   */
  public Replay<M> after(long first, Set<Integer> withoutNumbers, boolean refilled) {
    OptionalLong fewer =
        count.isPresent() ? OptionalLong.of(count.getAsLong() - withoutNumbers.size()) : count;
    return new Replay<>(
        planned,
        listener,
        fewer,
        batches,
        Set.copyOf(withoutNumbers),
        OptionalLong.of(first),
        refilled,
        weights,
        byteLimit,
        whole);
  }

  /**
   * Checks that batches may be kept while others are iterated.
   *
   * @throws CalibrationException if a batch changes when the next one is read
   */
  public void requireLasting() {
    if (refilled) {
      throw new CalibrationException(
          "the contents of the first calibration batch changed when the next one was read: the"
              + " iterator fills one array again and again, but this step keeps several batches;"
              + " give each batch its own arrays, such as copies by dup()");
    }
  }

  /**
   * Checks that the model holds the weights and biases that it held when calibration began.
   *
   * @throws IllegalStateException if it does not; the message names each that has changed
   */
  public void requireUnchanged() {
    weights.requireUnchanged();
  }

  @Override
  public Iterator<Batch<M>> iterator() {
    return new Pass(batches.get());
  }

  /** Makes one pass, and counts the batches of the user's iterator. */
  private final class Pass implements Iterator<Batch<M>> {
    private final Iterator<Function<M, INDArray>> all;
    private int found;
    private boolean begun;
    private @Nullable Batch<M> next;

    Pass(Iterator<Function<M, INDArray>> all) {
      this.all = all;
    }

    @Override
    public boolean hasNext() {
      while (next == null && all.hasNext()) {
        Function<M, INDArray> forward = all.next();
        if (!leftOut.contains(found)) {
          next = new Batch<>(found, !begun, forward);
          begun = true;
        }
        found++;
      }
      if (next == null) {
        requireExpected();
      }
      return next != null;
    }

    @Override
    public Batch<M> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Batch<M> batch = Objects.requireNonNull(next);
      next = null;
      return batch;
    }

    private void requireExpected() {
      if (found == 0 && expected.isEmpty()) {
        throw new CalibrationException("there are no calibration batches");
      }
      if (found != expected.orElse(found)) {
        throw new CalibrationException(
            "the first pass found "
                + expected.getAsLong()
                + " calibration batches, a later one "
                + found
                + ": give a List, or an Iterable that gives the same batches each time");
      }
    }
  }

  /** Returns the batches of a pass that is a stage of its own, whose progress is reported. */
  public Iterable<Batch<M>> pass(String name) {
    return () -> {
      Stage stage = stage(name, 1);
      Iterator<Batch<M>> pass = iterator();
      return new Iterator<>() {
        private boolean inHand;

        @Override
        public boolean hasNext() {
          if (inHand) {
            inHand = false;
            stage.advance();
          }
          return pass.hasNext();
        }

        @Override
        public Batch<M> next() {
          Batch<M> batch = pass.next();
          inHand = true;
          return batch;
        }
      };
    };
  }

  /**
   * Checks that a second pass will find batches.
   *
   * @throws CalibrationException if it will not
   */
  public void requireRepeatable() {
    if (!batches.get().hasNext()) {
      throw new CalibrationException(ONCE);
    }
  }

  /** Returns a stage of several passes over the data. */
  public Stage stage(String name, int passes) {
    OptionalLong total =
        count.isPresent() ? OptionalLong.of(count.getAsLong() * passes) : OptionalLong.empty();
    return stage(name, total);
  }

  /** Returns a stage with a number of batches. */
  public Stage stage(String name, OptionalLong total) {
    return new Stage(name, total, listener);
  }
}
