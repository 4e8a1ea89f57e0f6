package dev.bitfold;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.Passes;
import dev.bitfold.calibration.Progress;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.diagnosis.SummaryBuilder;
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
 * <p>The generated {@code MQuantizer.of(model)} returns the plan that the annotations describe. To
 * try other settings without compiling again, call {@link #using} and {@link #describe}, which
 * return other plans.
 *
 * @param <M> the model
 */
public final class Plan<M> extends Backed<Planned<M>> {
  private final M model;
  private final Component<M> component;
  private final ModelShape shape;
  private final Descriptions descriptions;
  private final RunSettings settings;

  private Plan(
      M model,
      Component<M> component,
      ModelShape shape,
      Descriptions descriptions,
      RunSettings settings) {
    this.model = model;
    this.component = component;
    this.shape = shape;
    this.descriptions = descriptions;
    this.settings = settings;
  }

  /**
   * Returns the plan that the annotations describe; for generated code.
   *
   * @throws IllegalArgumentException if a component is of a class that its model was not compiled
   *     for, if a tensor does not fit its layout, or if the paths of {@code @SmoothInto} do not fit
   *     the model
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
    Plan<M> plan = new Plan<>(model, component, shape, annotated, RunSettings.DEFAULT);
    FoldResolver.resolve(shape);
    return plan;
  }

  /**
   * Returns a plan in which every quantized layer follows a recipe instead of its annotations. A
   * role that the recipe leaves out stays float. Layers are smoothed if the recipe contains
   * {@code @SmoothQuant}.
   *
   * @throws IllegalArgumentException if the recipe quantizes a role that no layer has
   * @throws InvalidDescriptorException if a descriptor does not fit a tensor
   */
  public Plan<M> using(Recipe recipe) {
    Objects.requireNonNull(recipe, "recipe");
    return with(descriptions.using(shape, recipe, quantizedLayers().keySet()));
  }

  /**
   * Returns a plan in which some layers follow a recipe instead of what this plan says about them.
   *
   * @param layers the path of a layer, or a pattern: {@code *} stands for any part of a name,
   *     {@code **} for any number of names, as in {@code encoder.**} and {@code blocks.*.fc1}
   * @throws IllegalArgumentException as {@link #using(Recipe)} does, or if there is no such layer;
   *     the message lists similar paths
   * @throws InvalidDescriptorException if a descriptor does not fit a tensor
   */
  public Plan<M> using(Recipe recipe, String layers) {
    return using(recipe, Selection.of(layers));
  }

  /**
   * Returns a plan in which the layers of a class and of its subclasses follow a recipe, as in
   * {@link #using(Recipe, String)}.
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
   * Returns a plan in which tensors are quantized exactly as a descriptor says. What this plan says
   * about them is dropped; {@link #describe(String, UnaryOperator)} keeps what it does not change.
   *
   * @param tensors the path of a tensor: {@code fc1.weight}, {@code hidden.2.x}, {@code
   *     head.output}; or a pattern that selects quantized tensors: {@code *} stands for any part of
   *     a name, {@code **} for any number of names, as in {@code blocks.*.fc1.weight}
   * @throws IllegalArgumentException if there is no such tensor, or if it is a bias; the message
   *     lists similar paths
   * @throws InvalidDescriptorException if the descriptor does not fit a tensor
   */
  public Plan<M> describe(String tensors, QuantDescriptor descriptor) {
    Objects.requireNonNull(tensors, "tensors");
    Objects.requireNonNull(descriptor, "descriptor");
    Selection selection = Selection.of(tensors);
    // A path, unlike a pattern, may name a tensor that is still float.
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
   * @param change takes a tensor's descriptor and returns its new one
   * @throws IllegalArgumentException if no such tensor is quantized; the message lists similar
   *     paths
   * @throws InvalidDescriptorException if a descriptor does not fit a tensor
   */
  public Plan<M> describe(String tensors, UnaryOperator<QuantDescriptor> change) {
    Objects.requireNonNull(tensors, "tensors");
    Objects.requireNonNull(change, "change");
    return describe(Selection.of(tensors), descriptors().keySet(), "quantized tensor", change);
  }

  /**
   * Returns a plan in which the descriptors of one tensor are changed in every layer of a class and
   * of its subclasses, as in {@link #describe(String, UnaryOperator)}.
   *
   * @param tensor the name of the tensor in the layer: {@code weight}
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
   * Returns a plan in which a tensor, or all tensors of a layer, stay float, as
   * {@code @SkipQuantize} does it.
   *
   * @param path the path of a quantized tensor ({@code fc1.weight}) or of a layer ({@code fc1}), or
   *     a pattern: {@code *} stands for any part of a name, {@code **} for any number of names, as
   *     in {@code encoder.**}
   * @throws IllegalArgumentException if the path selects nothing that is quantized; the message
   *     lists similar paths
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
    return new Plan<>(model, component, shape, other, settings);
  }

  /**
   * Returns a plan with the change that a piece of advice recommends.
   *
   * @throws IllegalArgumentException if the advice is for another model, as {@link #describe} and
   *     {@link #skip} do
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

  /** Returns a plan whose calibration reports progress. */
  public Plan<M> withProgress(Progress.Listener progress) {
    return new Plan<>(model, component, shape, descriptions, settings.with(progress));
  }

  /** Returns a plan that computes with other kernels than {@link Kernels#active}, everywhere. */
  public Plan<M> withKernels(QuantKernels kernels) {
    Objects.requireNonNull(kernels, "kernels");
    return new Plan<>(model, component, shape.withKernels(kernels), descriptions, settings);
  }

  /**
   * Returns a plan that gives the weights that a rule {@linkplain WeightAmax#isFor is meant for}
   * the amax that the rule chooses, if {@link Calibration#weightAmax} does not choose another.
   *
   * @param rule replaces the default that the plan had; {@link WeightAmax#ofDescriptor} removes it
   */
  public Plan<M> withWeightAmax(WeightAmax rule) {
    return new Plan<>(model, component, shape, descriptions, settings.with(rule));
  }

  /**
   * Returns a plan whose calibration keeps at most so many bytes of float outputs at once, or of
   * the inputs of layers that are still to be reconstructed, but one batch in any case; a quarter
   * of the memory outside the heap by default.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public Plan<M> withByteLimit(long bytes) {
    return new Plan<>(model, component, shape, descriptions, settings.withByteLimit(bytes));
  }

  /** Returns how each tensor will be quantized; without data, weights alone have an amax. */
  public Summary summary() {
    return SummaryBuilder.of(shape, state(), Map.of(), Summary.Applied.wanted(layersToSmooth()));
  }

  /**
   * Runs the model on calibration data and records what the quantizers need.
   *
   * @param batches at least one; iterated as often as a method needs, so pass a List, or an
   *     Iterable that can be iterated again
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
   * Runs the model on calibration data, as {@link #calibrate(Iterable, Forward)} does.
   *
   * @param nonFinite how NaN and infinity are handled. {@link NonFinite#COUNT} leaves them out of
   *     the statistics and counts them (see {@link Calibration#nonFinite}); a batch that has any is
   *     not used for anything else, such as the search for alpha
   * @throws IllegalArgumentException if {@code nonFinite} is {@link NonFinite#KEEP}
   * @throws IllegalStateException if the tensors of a layer are variables of a graph
   */
  public <B> Calibration<M> calibrate(
      Iterable<? extends B> batches, Forward<? super M, ? super B> forward, NonFinite nonFinite) {
    return new Beginning<>(contents(), descriptions, settings).on(batches, forward, nonFinite);
  }

  /**
   * Runs the model over calibration data of {@link Passes}, such as those of a cluster.
   *
   * @throws CalibrationException as {@link #calibrate(Iterable, Forward)} does, if a descriptor
   *     depends on the order of the batches, or if the model is not the same everywhere
   */
  public <B> Calibration<M> calibrate(Passes<B> passes, Passes.Step<? super M, ? super B> forward) {
    return new Beginning<>(contents(), descriptions, settings).on(passes, forward);
  }

  /**
   * Returns the quantized model if nothing needs data: only weights are quantized, or inputs with
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
        settings.corrections().scaled(shape, state()),
        Map.of(),
        Summary.Applied.wanted(layersToSmooth()),
        frozen -> Optional.empty());
  }

  /**
   * Continues a training as {@link #resume(Path, IUpdater, IUpdater)} does, with one updater for
   * everything.
   */
  public Training<M> resume(Path checkpoint, IUpdater updater) throws IOException {
    return resume(checkpoint, updater, updater);
  }

  /**
   * Continues a training where {@link Training#save} left it, bit for bit, without calibration
   * data. Weights and biases that are trained come from the file, so the model may hold any values
   * for them. Tensors that no layer trains must be unchanged.
   *
   * <p>The plan must be equal to the plan of the training. Skip in this plan the tensors that were
   * skipped in the calibration.
   *
   * @param updater the updater of weights and biases, of the same class as before; where its
   *     settings differ, such as the learning rate, a warning and the training's {@code toString}
   *     name both
   * @param scaleUpdater the updater of learned scales, likewise
   * @throws dev.bitfold.storage.StateFileException if the file is damaged or not a checkpoint, or
   *     belongs to another version, model, plan or updater; the message says what differs
   * @throws IOException if the file cannot be read
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

  /** Returns how each quantized tensor is quantized, by path. */
  public Map<String, QuantDescriptor> descriptors() {
    return descriptions.descriptors();
  }

  /** Returns the paths of the layers that {@link Calibration#smoothQuant()} will smooth. */
  public Set<String> layersToSmooth() {
    return descriptions.smooth().keySet();
  }

  private State state() {
    return State.FLOAT.withDescriptors(descriptors());
  }

  /** Returns one line: the number of quantizers of each kind, and of layers to be smoothed. */
  @Override
  public String toString() {
    String smoothing =
        layersToSmooth().isEmpty()
            ? ""
            : "; " + Descriptions.count(layersToSmooth().size(), "layer") + " to be smoothed";
    return "plan of "
        + model.getClass().getSimpleName()
        + ": "
        + descriptions.inWords()
        + smoothing;
  }
}
