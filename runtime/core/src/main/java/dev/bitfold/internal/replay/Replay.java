package dev.bitfold.internal.replay;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.calibration.Progress;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.layer.Component;
import java.util.Collection;
import java.util.Iterator;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A model and the data it is calibrated on: the runtime can run any state of the model over the
 * batches, as often as a method needs.
 */
public final class Replay<M> {
  private static final String ONCE =
      "the calibration batches can be iterated only once, and calibration needs several passes:"
          + " give a List, or an Iterable that starts anew";

  /** One batch, ready to be run through a model. */
  public interface Batch<M> {
    INDArray run(M model);
  }

  /** What is done with each batch. */
  public interface Action<M> {
    void on(Batch<M> batch);
  }

  private final M model;
  private final Component<M> component;
  private final Progress.Listener listener;
  private final OptionalLong count;
  private final Iterable<Batch<M>> batches;
  private final OptionalLong first;

  private Replay(
      M model,
      Component<M> component,
      Progress.Listener listener,
      OptionalLong count,
      Iterable<Batch<M>> batches,
      OptionalLong first) {
    this.model = model;
    this.component = component;
    this.listener = listener;
    this.count = count;
    this.batches = batches;
    this.first = first;
  }

  public static <M, B> Replay<M> of(
      M model,
      Component<M> component,
      Iterable<? extends B> batches,
      Forward<? super M, ? super B> forward,
      Progress.Listener listener) {
    OptionalLong count =
        batches instanceof Collection<?> c ? OptionalLong.of(c.size()) : OptionalLong.empty();
    return new Replay<>(
        model,
        component,
        listener,
        count,
        () -> new Numbered<M, B>(iterator(batches), forward),
        OptionalLong.empty());
  }

  private static <B> Iterator<? extends B> iterator(Iterable<? extends B> batches) {
    try {
      return batches.iterator();
    } catch (IllegalStateException e) {
      throw new CalibrationException(ONCE, e);
    }
  }

  /** The batches with their numbers, for messages. */
  private static final class Numbered<M, B> implements Iterator<Batch<M>> {
    private final Iterator<? extends B> batches;
    private final Forward<? super M, ? super B> forward;
    private int next;

    Numbered(Iterator<? extends B> batches, Forward<? super M, ? super B> forward) {
      this.batches = batches;
      this.forward = forward;
    }

    @Override
    public boolean hasNext() {
      return batches.hasNext();
    }

    @Override
    public Batch<M> next() {
      B batch = batches.next();
      int number = next++;
      return model -> run(model, batch, number, forward);
    }
  }

  private static <M, B> INDArray run(
      M model, B batch, int number, Forward<? super M, ? super B> forward) {
    INDArray output;
    try {
      output = forward.run(model, batch);
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new CalibrationException("batch " + number + ": " + e.getMessage(), e);
    }
    if (output == null) {
      throw new CalibrationException(
          "batch " + number + ": the forward function returned null; it must return the output");
    }
    return output;
  }

  /** The float model itself. */
  public M model() {
    return model;
  }

  /** How the model is rebuilt. */
  public Component<M> component() {
    return component;
  }

  /** The model in a state. */
  public M rebuild(State state, Tap tap) {
    return ModelShape.rebuild(model, component, state, tap);
  }

  /** The float model with one layer rebuilt, all others kept. */
  M rebuildOnly(String layer) {
    return ModelShape.rebuildOnly(model, component, layer);
  }

  /**
   * The same without some batches.
   *
   * @param numbers their places, from 0
   */
  public Replay<M> without(Set<Integer> numbers) {
    if (numbers.isEmpty()) {
      return this;
    }
    OptionalLong fewer =
        count.isPresent() ? OptionalLong.of(count.getAsLong() - numbers.size()) : count;
    return new Replay<>(
        model,
        component,
        listener,
        fewer,
        () -> {
          int[] next = {0};
          return StreamSupport.stream(batches.spliterator(), false)
              .filter(batch -> !numbers.contains(next[0]++))
              .iterator();
        },
        first.isPresent() ? OptionalLong.of(first.getAsLong() - numbers.size()) : first);
  }

  /**
   * The same, whose every pass must find as many batches.
   *
   * @param batchesOfFirst what the first pass found
   */
  public Replay<M> expecting(long batchesOfFirst) {
    return new Replay<>(
        model, component, listener, count, batches, OptionalLong.of(batchesOfFirst));
  }

  /** Runs over all batches, in order, as a stage of one pass. */
  public void each(String stage, Action<M> action) {
    Stage running = stage(stage, 1);
    each(
        batch -> {
          action.on(batch);
          running.advance();
        });
  }

  /**
   * Runs over all batches, in order; the action tells its stage how far it has come.
   *
   * @throws CalibrationException if there are none, or more or fewer than in the first pass
   */
  public void each(Action<M> action) {
    long found = 0;
    for (Batch<M> batch : batches) {
      found++;
      action.on(batch);
    }
    if (found == 0 && first.isEmpty()) {
      throw new CalibrationException("there are no calibration batches");
    }
    if (found != first.orElse(found)) {
      throw new CalibrationException(
          "the first pass found "
              + first.getAsLong()
              + " calibration batches, a later one "
              + found
              + ": give a List, or an Iterable that gives the same batches each time");
    }
  }

  /**
   * Checks that a second pass will find batches again.
   *
   * @throws CalibrationException if it will not
   */
  public void requireRepeatable() {
    if (!batches.iterator().hasNext()) {
      throw new CalibrationException(ONCE);
    }
  }

  /** A stage of several passes over the data. */
  public Stage stage(String name, int passes) {
    OptionalLong total =
        count.isPresent() ? OptionalLong.of(count.getAsLong() * passes) : OptionalLong.empty();
    return stage(name, total);
  }

  /** A stage of so many batches. */
  public Stage stage(String name, OptionalLong total) {
    return new Stage(name, total, listener);
  }

  /** Counts the batches of a stage. */
  public static final class Stage {
    private final String name;
    private final OptionalLong total;
    private final Progress.Listener listener;
    private long done;

    private Stage(String name, OptionalLong total, Progress.Listener listener) {
      this.name = name;
      this.total = total;
      this.listener = listener;
      listener.onProgress(new Progress(name, 0, total));
    }

    public void advance() {
      done++;
      listener.onProgress(new Progress(name, done, total));
    }

    /** Ends a stage that has a total and may need fewer batches. */
    public void finish() {
      if (done < total.orElse(done)) {
        done = total.getAsLong();
        listener.onProgress(new Progress(name, done, total));
      }
    }
  }
}
