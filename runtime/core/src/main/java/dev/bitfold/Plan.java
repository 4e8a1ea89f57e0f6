package dev.bitfold;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.Progress;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.diagnosis.SummaryBuilder;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.internal.state.Descriptions;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.Selection;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.training.Updaters;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.layer.Component;
import dev.bitfold.smoothquant.FoldResolver;
import dev.bitfold.tuning.Advice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Describes how each tensor of a model will be quantized, before any calibration data has been
 * seen. Immutable and safe for concurrent use. The model itself is never changed.
 *
 * <p>A generated {@code MQuantizer.of(model)} gives the plan that the annotations say. To try
 * something else without compiling again, {@link #using} and {@link #describe} give other plans.
 *
 * @param <M> the model
 */
public final class Plan<M> extends Backed<Planned<M>> {
  private final M model;
  private final Component<M> component;
  private final ModelShape shape;
  private final Descriptions descriptions;
  private final Progress.Listener listener;

  private Plan(
      M model,
      Component<M> component,
      ModelShape shape,
      Descriptions descriptions,
      Progress.Listener listener) {
    this.model = model;
    this.component = component;
    this.shape = shape;
    this.descriptions = descriptions;
    this.listener = listener;
  }

  /**
   * The plan that the annotations say; for generated code.
   *
   * @throws IllegalArgumentException if a component is of a class that its model was not compiled
   *     for, a tensor does not fit its layout, or what {@code @SmoothInto} says does not fit the
   *     model
   * @throws IllegalStateException if a layer does not hold what its constructor was given
   */
  public static <M> Plan<M> of(M model, Component<M> component) {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(component, "component");
    ModelShape shape = ModelShape.of(model, component, Kernels.active());
    Descriptions annotated = Descriptions.annotated(shape);
    if (annotated.descriptors().isEmpty()) {
      throw new IllegalArgumentException(
          model.getClass().getName()
              + " holds no layer with anything to quantize"
              + (shape.missing().isEmpty() ? "" : "; null are " + shape.missing()));
    }
    Plan<M> plan = new Plan<>(model, component, shape, annotated, progress -> {});
    FoldResolver.resolve(shape);
    return plan;
  }

  /**
   * Returns a plan in which every quantized layer follows a recipe in place of its annotations. A
   * role that the recipe leaves out stays float, and layers are smoothed if the recipe says so.
   *
   * @throws IllegalArgumentException if the recipe quantizes a role that no layer has
   * @throws InvalidDescriptorException if a descriptor does not fit a tensor
   */
  public Plan<M> using(Recipe recipe) {
    Objects.requireNonNull(recipe, "recipe");
    return with(descriptions.using(shape, recipe, quantizedLayers().keySet()));
  }

  /**
   * Returns a plan in which some layers follow a recipe in place of what the plan says of them.
   *
   * @param layers the path of a layer, or a pattern: {@code *} stands for any part of a name,
   *     {@code **} for any number of names, as in {@code encoder.**} and {@code blocks.*.fc1}
   * @throws IllegalArgumentException as {@link #using(Recipe)}, or if there is no such layer; the
   *     message has the near ones
   * @throws InvalidDescriptorException if a descriptor does not fit a tensor
   */
  public Plan<M> using(Recipe recipe, String layers) {
    return using(recipe, Selection.of(layers));
  }

  /**
   * Returns a plan in which the layers of a class and of its subclasses follow a recipe; as {@link
   * #using(Recipe, String)}.
   */
  public Plan<M> using(Recipe recipe, Class<?> layers) {
    return using(recipe, Selection.of(layers));
  }

  private Plan<M> using(Recipe recipe, Selection selection) {
    Objects.requireNonNull(recipe, "recipe");
    Set<String> layers = selection.layers(quantizedLayers().values(), "quantized layer");
    return with(descriptions.using(shape, recipe, layers));
  }

  private Map<String, ModelShape.Layer> quantizedLayers() {
    Map<String, ModelShape.Layer> layers = new LinkedHashMap<>(shape.layers());
    layers.values().removeIf(layer -> !layer.type().isQuantized());
    return layers;
  }

  /**
   * Returns a plan in which tensors are quantized as a descriptor says, and not otherwise: what the
   * plan said of them is dropped. {@link #describe(String, UnaryOperator)} keeps the rest of it.
   *
   * @param tensors the path of a tensor: {@code fc1.weight}, {@code hidden.2.x}, {@code
   *     head.output}; or a pattern for several that are quantized: {@code *} stands for any part of
   *     a name, {@code **} for any number of names, as in {@code blocks.*.fc1.weight}
   * @throws IllegalArgumentException if there is no such tensor, or it is a bias; the message has
   *     the near ones
   * @throws InvalidDescriptorException if the descriptor does not fit a tensor
   */
  public Plan<M> describe(String tensors, QuantDescriptor descriptor) {
    Objects.requireNonNull(tensors, "tensors");
    Objects.requireNonNull(descriptor, "descriptor");
    Selection selection = Selection.of(tensors);
    // A path may name a tensor that is float so far.
    Set<String> among = selection.isPattern() ? descriptors().keySet() : shape.sites().keySet();
    String what = selection.isPattern() ? "quantized tensor" : "tensor";
    return describe(selection, among, what, old -> descriptor);
  }

  /**
   * Returns a plan in which the descriptors of tensors are changed.
   *
   * <pre>{@code
   * plan.describe("blocks.*.fc1.weight", d -> d.toBuilder().bits(4).build())
   * }</pre>
   *
   * @param tensors the path of a quantized tensor, or a pattern, as for {@link #describe(String,
   *     QuantDescriptor)}
   * @param change gets the descriptor that a tensor has, and gives the one that it will have
   * @throws IllegalArgumentException if no such tensor is quantized; the message has the near ones
   * @throws InvalidDescriptorException if a descriptor does not fit a tensor
   */
  public Plan<M> describe(String tensors, UnaryOperator<QuantDescriptor> change) {
    Objects.requireNonNull(tensors, "tensors");
    Objects.requireNonNull(change, "change");
    return describe(Selection.of(tensors), descriptors().keySet(), "quantized tensor", change);
  }

  /**
   * Returns a plan in which the descriptors of one tensor are changed in every layer of a class and
   * of its subclasses, as {@link #describe(String, UnaryOperator)} does it.
   *
   * @param tensor its name in the layer: {@code weight}
   */
  public Plan<M> describe(Class<?> layers, String tensor, UnaryOperator<QuantDescriptor> change) {
    Objects.requireNonNull(change, "change");
    return describe(
        Selection.of(layers, tensor), descriptors().keySet(), "quantized tensor", change);
  }

  private Plan<M> describe(
      Selection selection, Set<String> among, String what, UnaryOperator<QuantDescriptor> change) {
    return with(descriptions.describe(shape, selection.tensors(shape, among, what), change));
  }

  /**
   * Returns a plan in which tensors, or all tensors of layers, stay float, as {@code @SkipQuantize}
   * would have it.
   *
   * @param path of a quantized tensor ({@code fc1.weight}) or of a layer ({@code fc1}), or a
   *     pattern: {@code *} stands for any part of a name, {@code **} for any number of names, as in
   *     {@code encoder.**}
   * @throws IllegalArgumentException if nothing of that path is quantized; the message has the near
   *     ones
   */
  public Plan<M> skip(String path) {
    return skip(Selection.of(path));
  }

  /** Returns a plan in which the layers of a class and of its subclasses stay float. */
  public Plan<M> skip(Class<?> layers) {
    return skip(Selection.of(layers));
  }

  private Plan<M> skip(Selection selection) {
    return with(descriptions.skip(shape, selection));
  }

  private Plan<M> with(Descriptions other) {
    return new Plan<>(model, component, shape, other, listener);
  }

  /**
   * Returns a plan with the change that a piece of advice names.
   *
   * @throws IllegalArgumentException if the advice is for another model, as {@link #describe} and
   *     {@link #skip}
   */
  public Plan<M> with(Advice advice) {
    Objects.requireNonNull(advice, "advice");
    if (advice.describe().isEmpty()) {
      return skip(advice.layer());
    }
    Plan<M> changed = this;
    for (Map.Entry<String, QuantDescriptor> tensor : advice.describe().entrySet()) {
      changed = changed.describe(tensor.getKey(), tensor.getValue());
    }
    return changed;
  }

  /** Returns a plan whose calibration tells how far it has come. */
  public Plan<M> withProgress(Progress.Listener progress) {
    Objects.requireNonNull(progress, "progress");
    return new Plan<>(model, component, shape, descriptions, progress);
  }

  /**
   * Returns a plan for which other kernels compute: in calibration, every search and measurement,
   * training, and the quantized model.
   *
   * @param kernels in place of {@link Kernels#active}
   */
  public Plan<M> withKernels(QuantKernels kernels) {
    Objects.requireNonNull(kernels, "kernels");
    return new Plan<>(model, component, shape.withKernels(kernels), descriptions, listener);
  }

  /**
   * Returns how each tensor will be quantized. Before any data is seen, only weights have an amax
   * and an error.
   */
  public Summary summary() {
    return SummaryBuilder.of(shape, state(), Map.of(), Summary.Smoothings.wanted(smoothed()));
  }

  /**
   * Runs the model over calibration data and notes what its quantizers need.
   *
   * @param batches at least one; iterated as often as a method needs, so give a List or an Iterable
   *     that starts anew
   * @param forward runs one batch: {@code MiniLm::forward}; deterministic
   * @throws CalibrationException if there are no batches or they can be iterated only once, if an
   *     input holds NaN or infinity, if the letters of a layer's weight and input contradict each
   *     other, or if the rebuilt model differs from the model; the message names batch, layer and
   *     tensor
   */
  public <B> Calibration<M> calibrate(
      Iterable<? extends B> batches, Forward<? super M, ? super B> forward) {
    return calibrate(batches, forward, NonFinite.REFUSE);
  }

  /**
   * As {@link #calibrate(Iterable, Forward)}.
   *
   * @param nonFinite {@link NonFinite#COUNT} leaves NaN and infinity out of the statistics and
   *     counts them (see {@link Calibration#nonFinite}); a batch that has any is used for nothing
   *     else, such as the search for alpha
   * @throws IllegalArgumentException if it is {@link NonFinite#KEEP}
   * @throws IllegalStateException if a layer is of a graph's variables
   */
  public <B> Calibration<M> calibrate(
      Iterable<? extends B> batches, Forward<? super M, ? super B> forward, NonFinite nonFinite) {
    Objects.requireNonNull(nonFinite, "nonFinite");
    if (nonFinite == NonFinite.KEEP) {
      throw new IllegalArgumentException("a model is not calibrated on NaN: use REFUSE or COUNT");
    }
    Objects.requireNonNull(batches, "batches");
    Objects.requireNonNull(forward, "forward");
    shape.requireArrays("it cannot be calibrated here");
    descriptions.check(shape);
    Replay<M> replay = Replay.of(model, component, shape, batches, forward, listener);
    return Calibration.run(replay, shape, descriptions, nonFinite);
  }

  /**
   * The quantized model, where nothing needs data: only weights are quantized, or inputs with
   * dynamic scales.
   *
   * @throws IllegalStateException if a quantizer needs calibration; the message names each
   */
  public Quantized<M> freeze() {
    shape.requireArrays("it cannot be frozen");
    descriptions.check(shape);
    return Quantized.of(
        model,
        component,
        shape,
        state(),
        Map.of(),
        Summary.Smoothings.wanted(smoothed()),
        frozen -> Optional.empty());
  }

  /** As {@link #resume(Path, IUpdater, IUpdater)} with one updater for everything. */
  public Training<M> resume(Path checkpoint, IUpdater updater) throws IOException {
    return resume(checkpoint, updater, updater);
  }

  /**
   * Goes on with a training where {@link Training#save} left it, bit for bit, without calibration
   * data. Weights and biases that are trained come from the file, so that those of the model may
   * hold anything; what no layer trains must be as it was.
   *
   * <p>The plan must say what the training's did. Tensors that its calibration skipped are to be
   * skipped in the plan.
   *
   * @param updater of weights and biases, of the same class as before; its rates may differ
   * @param scaleUpdater of learned scales, likewise
   * @throws dev.bitfold.storage.StateFileException if the file is damaged or not a checkpoint, or
   *     of another version, model, plan or updater; the message tells what differs
   * @throws IOException if it cannot be read
   */
  public Training<M> resume(Path checkpoint, IUpdater updater, IUpdater scaleUpdater)
      throws IOException {
    Objects.requireNonNull(checkpoint, "checkpoint");
    shape.requireArrays("it cannot be trained here");
    Updaters updaters = new Updaters(updater, scaleUpdater);
    return Training.resume(model, component, shape, descriptors(), updaters, checkpoint);
  }

  @Override
  protected Planned<M> contents() {
    return new Planned<>(model, component, shape);
  }

  /** How each quantized tensor is quantized, by path. */
  public Map<String, QuantDescriptor> descriptors() {
    return descriptions.descriptors();
  }

  /** The paths of the layers that are to be smoothed. */
  public Set<String> smoothed() {
    return descriptions.smooth().keySet();
  }

  private State state() {
    return State.FLOAT.withDescriptors(descriptors());
  }

  /** Returns one line: how many quantizers of which kind, and how many layers to be smoothed. */
  @Override
  public String toString() {
    String smoothing =
        smoothed().isEmpty()
            ? ""
            : "; " + Descriptions.count(smoothed().size(), "layer") + " to be smoothed";
    return "plan of "
        + model.getClass().getSimpleName()
        + ": "
        + descriptions.inWords()
        + smoothing;
  }
}
