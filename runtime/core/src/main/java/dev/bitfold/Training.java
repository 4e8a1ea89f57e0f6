package dev.bitfold;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.diagnosis.SummaryBuilder;
import dev.bitfold.internal.observation.Observation;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Selection;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.training.TrainedModel;
import dev.bitfold.internal.training.Updaters;
import dev.bitfold.layer.Component;
import dev.bitfold.smoothquant.Unsmoothed;
import dev.bitfold.storage.Checkpoint;
import dev.bitfold.storage.StateFile;
import dev.bitfold.storage.StateFileException;
import dev.bitfold.tensor.Workspaces;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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
 * Training<LeNet> training =
 *     Files.exists(file)
 *         ? plan.resume(file, new Adam(1e-3))
 *         : plan.calibrate(images, LeNet::forward).train(new Adam(1e-3));
 * while (training.steps() < 10_000) {
 *   Batch batch = batches.get(training.steps());
 *   double loss = training.step(net -> net.lossAndBackward(batch.images(), batch.labels()));
 *   if (training.steps() % 500 == 0) {
 *     training.save(file);
 *   }
 * }
 * Quantized<LeNet> quantized = training.freeze();
 * LeNet trained = training.floatModel();
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
  private final ModelShape shape;
  private final TrainedModel trained;
  private final Map<String, Observation> observations;
  private final Summary.Smoothings smoothings;
  private @Nullable M current;
  private @Nullable String summary;
  private int steps;
  private int epoch;
  private volatile boolean running;

  private Training(
      M model,
      Component<M> component,
      ModelShape shape,
      TrainedModel trained,
      Map<String, Observation> observations,
      Summary.Smoothings smoothings) {
    this.model = model;
    this.component = component;
    this.shape = shape;
    this.trained = trained;
    this.observations = observations;
    this.smoothings = smoothings;
  }

  static <M> Training<M> of(
      M model,
      Component<M> component,
      ModelShape shape,
      State state,
      Updaters updaters,
      Map<String, Observation> observations,
      Summary.Smoothings smoothings) {
    TrainedModel trained = TrainedModel.of(shape, state, updaters);
    return new Training<>(model, component, shape, trained, observations, smoothings);
  }

  static <M> Training<M> resume(
      M model,
      Component<M> component,
      ModelShape shape,
      Map<String, QuantDescriptor> descriptors,
      Updaters updaters,
      Path file)
      throws IOException {
    Checkpoint saved = Checkpoint.read(file);
    saved.requireSame(file, updaters.classes());
    State state = saved.stateFor(file, shape, descriptors);
    TrainedModel trained = TrainedModel.of(shape, state, updaters);
    saved.requireSame(file, trained.parameters().names());
    try {
      trained.parameters().restore(saved.moments(), saved.fixed());
      Summary summary = Summary.ofJson(saved.state().summary());
      Training<M> training =
          new Training<>(
              model, component, shape, trained, Map.of(), Summary.Smoothings.of(summary));
      training.summary = saved.state().summary();
      training.steps = saved.steps();
      training.epoch = saved.epoch();
      return training;
    } catch (IllegalArgumentException e) {
      throw new StateFileException(file, String.valueOf(e.getMessage()));
    }
  }

  /**
   * One step: a pass, then an update of every parameter that a gradient has reached. If it fails,
   * no parameter has changed.
   *
   * @return the loss
   * @throws IllegalArgumentException if the {@code backward} of a layer returns a gradient of a
   *     wrong name or shape, or leaves one out; the message names the layer
   * @throws IllegalStateException if the loss, a gradient or an update is NaN or infinite, if a
   *     layer ran forward and its {@code backward} was not called, if no gradient has reached any
   *     layer, if a learned amax would become zero, negative or NaN, or within a step; the message
   *     names the step, and the layer or tensor. After an updater has failed, every further step is
   *     refused: resume from a checkpoint
   */
  public double step(Pass<? super M> pass) {
    double loss = run(pass);
    trained.update(steps, epoch);
    steps++;
    current = null;
    return loss;
  }

  /**
   * The gradients of a pass, without an update: for a check, or for an optimizer of one's own.
   *
   * @return by the names of {@link #parameters}, each of its parameter's shape; parameters that the
   *     pass has not reached, and those that are fixed, are left out
   * @throws IllegalArgumentException as {@link #step}
   * @throws IllegalStateException as {@link #step}
   */
  public Map<String, INDArray> gradients(Pass<? super M> pass) {
    run(pass);
    return trained.parameters().gradients();
  }

  private double run(Pass<? super M> pass) {
    Objects.requireNonNull(pass, "pass");
    requireNotRunning("a pass can make none of its own");
    trained.begin(steps + 1);
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
    trained.requireFinite(loss);
    return loss;
  }

  private void requireNotRunning(String why) {
    if (running) {
      throw new IllegalStateException(
          "step " + (steps + 1) + ": another step is being made; " + why);
    }
  }

  /**
   * The values of everything that is trained, as they are now: weights and biases by their paths
   * ({@code fc1.weight}), learned scales beside them ({@code fc1.x.amax}). Copies.
   */
  public Map<String, INDArray> parameters() {
    return trained.parameters().values();
  }

  /**
   * Leaves tensors as they are from now on, also in a training that resumes from a checkpoint: of a
   * weight or input its learned scale, too. Layers of which everything is fixed need no call of
   * {@code backward}.
   *
   * @param path of a trained tensor ({@code fc1.weight}) or of a layer ({@code fc1}), or a pattern,
   *     as for {@link Plan#skip(String)}: {@code encoder.**}
   * @return this
   * @throws IllegalArgumentException if nothing of that path is trained; the message has the near
   *     ones
   */
  public Training<M> fix(String path) {
    trained.parameters().fix(Selection.of(path));
    return this;
  }

  /** How many steps have been made, those before a checkpoint included. */
  public int steps() {
    return steps;
  }

  /** Begins an epoch, for updaters whose learning rate depends on it; the first is 0. */
  public void epoch(int number) {
    epoch = number;
  }

  /** The epoch that has begun last. */
  public int epoch() {
    return epoch;
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
   * The float model with the weights and biases that were learned, none of them rounded: to go on
   * with in float, to calibrate or quantize in another way, or to keep. Its arrays are its own, so
   * that it stays what it is when training goes on.
   *
   * <p>A plan of it with the learned scales ({@link #parameters}) as the {@code amax} of their
   * descriptors gives the bits of {@link #freeze}. Of layers that were smoothed when the model
   * runs, the weights are given back what they took over, which rounds them once.
   */
  public M floatModel() {
    State state = trained.state();
    return Workspaces.outside(
        () -> shape.rebuildFloat(model, component, Unsmoothed.tensors(shape, state)));
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
    return Quantized.of(
        model,
        component,
        shape,
        trained.state(),
        observations,
        smoothings,
        quantized -> Optional.empty());
  }

  /**
   * Saves a checkpoint, from which {@link Plan#resume} goes on as if there had been no break, bit
   * for bit: float weights and biases, scales, what the updaters remember, what is fixed, and the
   * numbers of steps and epoch. Not in it are the updaters' settings and whatever the program
   * itself holds, such as the order of its batches: let that follow from {@link #steps}.
   *
   * <p>A safetensors file, which is written whole or not at all: the checkpoint that was there is
   * kept until the new one is on the disk.
   *
   * @throws IOException if it cannot be written; a file that was there is then unchanged
   * @throws IllegalStateException within a step, or after an updater has failed
   */
  public void save(Path file) throws IOException {
    Objects.requireNonNull(file, "file");
    requireNotRunning("save between steps");
    trained.requireWhole();
    State state = trained.state();
    String text = summary;
    if (text == null) {
      text = SummaryBuilder.of(shape, state, observations, smoothings).toJson();
      summary = text;
    }
    new Checkpoint(
            StateFile.of(shape, state, text),
            steps,
            epoch,
            trained.updaters().classes(),
            trained.parameters().moments(),
            trained.parameters().fixed(),
            trained.shared())
        .toSafetensors()
        .write(file);
  }

  @Override
  public String toString() {
    return "Training of "
        + model.getClass().getSimpleName()
        + ": "
        + steps
        + (steps == 1 ? " step, " : " steps, ")
        + trained.parameters().names().size()
        + " parameters, "
        + trained.parameters().fixed().size()
        + " of them fixed";
  }
}
