package dev.bitfold;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.diagnosis.SummaryBuilder;
import dev.bitfold.internal.replay.Observation;
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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a model with its quantizers in place (quantization-aware training). The model computes
 * with quantized weights and inputs, and the gradients update float masters of the weights.
 *
 * <p>Each layer that declares {@code backward} is trained. Its {@code forward} computes with the
 * quantized values of the float masters. Its {@code backward} uses the straight-through estimator
 * of each descriptor ({@code ste}) in place of the gradient of rounding, and computes the gradients
 * of learned scales. Layers without {@code backward} do not change. The calibrated model itself is
 * never changed.
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
 * <p>Not safe for concurrent use. A step may run the model on several threads. In that case, the
 * threads determine the order in which several gradients of one tensor are added.
 *
 * @param <M> the model
 */
public final class Training<M> {
  /**
   * Runs one forward and backward pass through a model.
   *
   * @param <M> the model
   */
  @FunctionalInterface
  public interface Pass<M> {
    /**
     * Runs {@code forward}, computes the loss and its gradient, and runs {@code backward}.
     *
     * @param model the model, valid until the step ends
     * @return the loss, which is only checked and returned to the caller of the step
     */
    double run(M model) throws Exception;
  }

  private static final Logger LOG = LoggerFactory.getLogger(Training.class);

  private final M model;
  private final Component<M> component;
  private final ModelShape shape;
  private final TrainedModel trained;
  private final Map<String, Observation> observations;
  private final Summary.Applied applied;
  private @Nullable M current;
  private @Nullable String summary;
  private int steps;
  private int epoch;
  private List<String> changes = List.of();
  private volatile boolean running;

  private Training(
      M model,
      Component<M> component,
      ModelShape shape,
      TrainedModel trained,
      Map<String, Observation> observations,
      Summary.Applied applied) {
    this.model = model;
    this.component = component;
    this.shape = shape;
    this.trained = trained;
    this.observations = observations;
    this.applied = applied;
  }

  static <M> Training<M> of(
      M model,
      Component<M> component,
      ModelShape shape,
      State state,
      Updaters updaters,
      Map<String, Observation> observations,
      Summary.Applied applied) {
    TrainedModel trained = TrainedModel.of(shape, state, updaters);
    return new Training<>(model, component, shape, trained, observations, applied);
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
          new Training<>(model, component, shape, trained, Map.of(), Summary.Applied.of(summary));
      training.summary = saved.state().summary();
      training.steps = saved.steps();
      training.epoch = saved.epoch();
      training.changes = updaters.changesSince(saved.settings());
      training.changes.forEach(change -> LOG.warn("{}: {}", file, change));
      return training;
    } catch (IllegalArgumentException e) {
      throw new StateFileException(file, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Makes one step: runs a pass, then updates every parameter that a gradient has reached. If the
   * step fails, no parameter changes.
   *
   * @return the loss
   * @throws IllegalArgumentException if the {@code backward} of a layer returns a gradient of a
   *     wrong name or shape, or omits one; the message names the layer
   * @throws IllegalStateException if the loss, a gradient or an update is NaN or infinite, if
   *     {@code forward} of a layer ran but its {@code backward} was not called, if no gradient has
   *     reached any layer, if a learned amax would become zero, negative or NaN, or if called
   *     within a step; the message names the step, and the layer or tensor. After an updater has
   *     failed, every further step is refused; resume from a checkpoint
   */
  public double step(Pass<? super M> pass) {
    double loss = run(pass);
    trained.update(steps, epoch);
    steps++;
    current = null;
    return loss;
  }

  /**
   * Returns the gradients of a pass without updating anything, for a check or for an optimizer of
   * the user's own.
   *
   * @return the gradients by the names of {@link #parameters}, each in its parameter's shape;
   *     parameters that the pass has not reached, and those that are fixed, are left out
   * @throws IllegalArgumentException as {@link #step} does
   * @throws IllegalStateException as {@link #step} does
   */
  public Map<String, INDArray> gradients(Pass<? super M> pass) {
    run(pass);
    return trained.parameters().gradients();
  }

  private double run(Pass<? super M> pass) {
    Objects.requireNonNull(pass, "pass");
    requireNotRunning("a pass cannot make a step of its own");
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
      throw new IllegalStateException("step " + (steps + 1) + ": another step is running; " + why);
    }
  }

  /**
   * Returns copies of the current values of everything that is trained: weights and biases by their
   * paths ({@code fc1.weight}), and learned scales beside them ({@code fc1.x.amax}).
   */
  public Map<String, INDArray> parameters() {
    return trained.parameters().values();
  }

  /**
   * Stops training tensors: their values stay as they are. If a weight or input has a learned
   * scale, the scale stays as well. This also applies to a training that resumes from a checkpoint.
   * A layer in which everything is fixed needs no call of {@code backward}.
   *
   * @param path the path of a trained tensor ({@code fc1.weight}) or of a layer ({@code fc1}), or a
   *     pattern, as in {@link Plan#skip(String)}: {@code encoder.**}
   * @return this
   * @throws IllegalArgumentException if the path selects nothing that is trained; the message lists
   *     similar paths
   */
  public Training<M> holdFixed(String path) {
    trained.parameters().holdFixed(Selection.of(path));
    return this;
  }

  /** Returns the number of steps made, including those before a checkpoint. */
  public int steps() {
    return steps;
  }

  /**
   * Sets the number of the current epoch, for updaters whose learning rate depends on it. Training
   * begins with epoch 0.
   */
  public void beginEpoch(int number) {
    epoch = number;
  }

  /** Returns the number of the current epoch. */
  public int epoch() {
    return epoch;
  }

  /**
   * Returns the quantized model in its current state. Its outputs are those of {@link #freeze}, bit
   * for bit. The model is valid until the next step, which changes its weights in place.
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
   * Returns the float model with the learned weights and biases, without rounding. It can be
   * trained further in float, calibrated or quantized in another way, or kept. It holds its own
   * arrays, so later training does not change it.
   *
   * <p>To get the bits of {@link #freeze} from it, make a plan of this model and give its
   * descriptors the learned scales ({@link #parameters}) as their {@code amax}. If a layer's input
   * was smoothed online, its weights are divided by the smoothing scale again, which rounds them
   * once.
   */
  public M floatModel() {
    State state = trained.state();
    return Workspaces.outside(
        () -> shape.rebuildFloat(model, component, Unsmoothed.tensors(shape, state)));
  }

  /**
   * Returns the quantized model with the learned weights and scales. Training may continue
   * afterwards without changing the frozen model.
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
        applied,
        quantized -> Optional.empty());
  }

  /**
   * Saves a checkpoint. {@link Plan#resume} continues from it, bit for bit, as if training had not
   * been interrupted. The checkpoint holds the float weights and biases, the scales, the state of
   * the updaters, the names of fixed tensors, and the numbers of steps and of the epoch. It also
   * holds the updaters' settings, so that a training that continues with others says so. It does
   * not hold state of the program itself, such as the order of its batches: derive that order from
   * {@link #steps}.
   *
   * <p>The checkpoint is a safetensors file, and is written whole or not at all: the checkpoint
   * that was there before is kept until the new one is on disk.
   *
   * @throws IOException if the file cannot be written; a file that was there before is then
   *     unchanged
   * @throws IllegalStateException if called within a step, or after an updater has failed
   */
  public void save(Path file) throws IOException {
    Objects.requireNonNull(file, "file");
    requireNotRunning("save between steps");
    trained.requireWhole();
    State state = trained.state();
    String text = summary;
    if (text == null) {
      text = SummaryBuilder.of(shape, state, observations, applied).toJson();
      summary = text;
    }
    new Checkpoint(
            StateFile.of(shape, state, text),
            steps,
            epoch,
            trained.updaters().classes(),
            trained.updaters().settings(),
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
        + " of them fixed"
        + changes.stream().map(change -> "; " + change).collect(Collectors.joining());
  }
}
