package dev.bitfold;

import dev.bitfold.internal.state.State;
import dev.bitfold.internal.training.TrainedModel;
import dev.bitfold.layer.Component;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Quantization-aware training: the model computes with quantized weights and inputs, and its
 * gradients go to float masters behind them.
 *
 * <p>Each layer that declares {@code backward} is trained: in {@code forward} its weights are those
 * of the float master, quantized; in {@code backward} the straight-through estimator of each
 * descriptor ({@code ste}) stands in for the gradient of rounding, and learned scales get theirs.
 * Layers without {@code backward} stay as they are. The model that was calibrated is never changed.
 *
 * <pre>{@code
 * Training<LeNet> training = calibration.train(new Adam(1e-3));
 * for (Batch batch : batches) {
 *   double loss = training.step(net -> net.lossAndBackward(batch.images(), batch.labels()));
 * }
 * Quantized<LeNet> quantized = training.freeze();
 * }</pre>
 *
 * <p>Not safe for concurrent use. What a step runs may use several threads; the order in which
 * several gradients of one tensor are added is then theirs.
 *
 * @param <M> the model
 */
public final class Training<M> {
  /**
   * One pass forward and backward through a model.
   *
   * @param <M> the model
   */
  @FunctionalInterface
  public interface Pass<M> {
    /**
     * Runs {@code forward}, computes the loss and its gradient, and runs {@code backward}.
     *
     * @param model valid until the step ends
     * @return the loss, which is only checked and handed on
     */
    double run(M model) throws Exception;
  }

  private final M model;
  private final Component<M> component;
  private final TrainedModel trained;
  private final Function<State, Quantized<M>> freezer;
  private @Nullable M current;
  private int steps;
  private int epoch;
  private volatile boolean running;

  Training(
      M model,
      Component<M> component,
      TrainedModel trained,
      Function<State, Quantized<M>> freezer) {
    this.model = model;
    this.component = component;
    this.trained = trained;
    this.freezer = freezer;
  }

  /**
   * One step: a pass, then an update of every parameter that a gradient has reached. If it fails,
   * no parameter has changed.
   *
   * @return the loss
   * @throws IllegalArgumentException if the {@code backward} of a layer returns a gradient of a
   *     wrong name or shape, or leaves one out; the message names the layer
   * @throws IllegalStateException if the loss or a gradient is NaN or infinite, if no gradient has
   *     reached any layer, if a learned amax would become zero, negative or NaN, or within a step
   */
  public double step(Pass<? super M> pass) {
    double loss = run(pass);
    try {
      trained.update(steps, epoch);
    } catch (IllegalStateException e) {
      throw new IllegalStateException("step " + (steps + 1) + ": " + e.getMessage(), e);
    }
    steps++;
    current = null;
    return loss;
  }

  /**
   * The gradients of a pass, without an update: for a check, or for an optimizer of one's own.
   *
   * @return by the names of {@link #parameters}; parameters that the pass has not reached are left
   *     out
   * @throws IllegalArgumentException as {@link #step}
   * @throws IllegalStateException as {@link #step}
   */
  public Map<String, INDArray> gradients(Pass<? super M> pass) {
    run(pass);
    return trained.gradients();
  }

  private double run(Pass<? super M> pass) {
    Objects.requireNonNull(pass, "pass");
    if (running) {
      throw new IllegalStateException(
          "step " + (steps + 1) + ": another step is being made; a pass can make none of its own");
    }
    trained.reset();
    double loss;
    running = true;
    try {
      loss = pass.run(model());
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new IllegalStateException("step " + (steps + 1) + ": " + e.getMessage(), e);
    } finally {
      running = false;
    }
    if (!Double.isFinite(loss)) {
      throw new IllegalStateException("step " + (steps + 1) + ": the loss is " + loss);
    }
    return loss;
  }

  /**
   * The values of everything that is trained, as they are now: weights and biases by their paths
   * ({@code fc1.weight}), learned scales beside them ({@code fc1.x.amax}). Copies.
   */
  public Map<String, INDArray> parameters() {
    return trained.values();
  }

  /** How many steps have been made. */
  public int steps() {
    return steps;
  }

  /** Begins an epoch, for updaters whose learning rate depends on it; the first is 0. */
  public void epoch(int number) {
    epoch = number;
  }

  /**
   * The model as it is now, quantized. Its outputs are those of {@link #freeze}, bit for bit. Valid
   * until the next step, which rewrites its weights in place.
   */
  public M model() {
    M built = current;
    if (built == null) {
      built = Objects.requireNonNull(trained.rebuild(model, component));
      current = built;
    }
    return built;
  }

  /**
   * The quantized model, with the weights and scales that were learned. Training may go on after
   * it; the frozen model stays what it is.
   *
   * @throws IllegalStateException before the first step
   */
  public Quantized<M> freeze() {
    if (steps == 0) {
      throw new IllegalStateException(
          model.getClass().getName()
              + " has not been trained: make a step, or freeze the calibration");
    }
    return freezer.apply(trained.state());
  }
}
