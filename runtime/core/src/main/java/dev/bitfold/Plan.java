package dev.bitfold;

import dev.bitfold.annotations.Role;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.Progress;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.DescriptorProblem;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.diagnosis.SummaryBuilder;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.Selection;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.smoothquant.FoldResolver;
import dev.bitfold.tuning.Advice;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * What of a model will be quantized how; no data has been seen. Immutable and safe for concurrent
 * use. The model itself is never changed.
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
  private final Map<String, QuantDescriptor> descriptors;
  private final Map<String, Alpha> smooth;
  private final Progress.Listener listener;

  private Plan(
      M model,
      Component<M> component,
      ModelShape shape,
      Map<String, QuantDescriptor> descriptors,
      Map<String, Alpha> smooth,
      Progress.Listener listener) {
    this.model = model;
    this.component = component;
    this.shape = shape;
    this.descriptors = Collections.unmodifiableMap(descriptors);
    this.smooth = Collections.unmodifiableMap(smooth);
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
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>();
    Map<String, Alpha> smooth = new LinkedHashMap<>();
    shape
        .sites()
        .forEach(
            (path, site) -> site.tensor().descriptor().ifPresent(d -> descriptors.put(path, d)));
    shape
        .layers()
        .forEach(
            (path, layer) -> {
              if (!layer.type().alpha().isOff()) {
                smooth.put(path, layer.type().alpha());
              }
            });
    if (descriptors.isEmpty()) {
      throw new IllegalArgumentException(
          model.getClass().getName() + " holds no layer with anything to quantize");
    }
    Plan<M> plan = new Plan<>(model, component, shape, descriptors, smooth, progress -> {});
    plan.descriptors.forEach((path, d) -> check(shape, shape.site(path), d));
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
    return using(recipe, layer -> true);
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
    Set<String> layers =
        selection.layers(
            shape.layers().values().stream().filter(layer -> layer.type().isQuantized()).toList(),
            "quantized layer");
    return using(recipe, layer -> layers.contains(layer.path()));
  }

  private Plan<M> using(Recipe recipe, Predicate<ModelShape.Layer> which) {
    Map<String, QuantDescriptor> other = new LinkedHashMap<>();
    Map<String, Alpha> otherSmooth = new LinkedHashMap<>();
    Set<Role> unused = EnumSet.noneOf(Role.class);
    unused.addAll(recipe.descriptors().keySet());
    for (TensorSite site : shape.sites().values()) {
      ModelShape.Layer layer = shape.layer(site);
      if (!layer.type().isQuantized()) {
        continue;
      }
      if (!which.test(layer)) {
        keep(site, other, otherSmooth);
        continue;
      }
      Role role = site.tensor().role().role().orElse(null);
      QuantDescriptor descriptor = role == null ? null : recipe.descriptors().get(role);
      if (descriptor != null) {
        check(shape, site, descriptor);
        other.put(site.path(), descriptor);
        unused.remove(role);
        if (role == Role.INPUT && site.tensor().layout().has('C') && !recipe.alpha().isOff()) {
          otherSmooth.put(layer.path(), recipe.alpha());
        }
      }
    }
    if (!unused.isEmpty()) {
      throw new IllegalArgumentException(
          "recipe "
              + recipe.name()
              + " describes "
              + unused
              + ", and none of the layers that follow it marks such a tensor");
    }
    return with(other, otherSmooth);
  }

  private void keep(
      TensorSite site, Map<String, QuantDescriptor> other, Map<String, Alpha> otherSmooth) {
    QuantDescriptor descriptor = descriptors.get(site.path());
    if (descriptor != null) {
      other.put(site.path(), descriptor);
    }
    Alpha alpha = smooth.get(site.layer());
    if (alpha != null) {
      otherSmooth.put(site.layer(), alpha);
    }
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
    Set<String> among = selection.isPattern() ? descriptors.keySet() : shape.sites().keySet();
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
    return describe(Selection.of(tensors), descriptors.keySet(), "quantized tensor", change);
  }

  /**
   * Returns a plan in which the descriptors of one tensor are changed in every layer of a class and
   * of its subclasses, as {@link #describe(String, UnaryOperator)} does it.
   *
   * @param tensor its name in the layer: {@code weight}
   */
  public Plan<M> describe(Class<?> layers, String tensor, UnaryOperator<QuantDescriptor> change) {
    Objects.requireNonNull(change, "change");
    return describe(Selection.of(layers, tensor), descriptors.keySet(), "quantized tensor", change);
  }

  private Plan<M> describe(
      Selection selection, Set<String> among, String what, UnaryOperator<QuantDescriptor> change) {
    Map<String, QuantDescriptor> other = new LinkedHashMap<>(descriptors);
    for (String path : selection.tensors(shape, among, what)) {
      QuantDescriptor descriptor =
          Objects.requireNonNull(change.apply(other.get(path)), "the changed descriptor");
      check(shape, shape.site(path), descriptor);
      other.put(path, descriptor);
    }
    return with(other, smooth);
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
    Map<String, QuantDescriptor> other = new LinkedHashMap<>(descriptors);
    Map<String, Alpha> otherSmooth = new LinkedHashMap<>(smooth);
    Set<String> skipped = skipped(shape, descriptors, selection);
    other.keySet().removeAll(skipped);
    otherSmooth.keySet().removeAll(unsmoothed(shape, skipped));
    return with(other, otherSmooth);
  }

  /** Returns the quantized tensors that will stay float. */
  static Set<String> skipped(
      ModelShape shape, Map<String, QuantDescriptor> descriptors, Selection selection) {
    return selection.tensorsAndLayers(shape, descriptors.keySet(), "quantized tensor or layer");
  }

  /** Returns the layers that are not smoothed any more, since an input of theirs stays float. */
  static Set<String> unsmoothed(ModelShape shape, Set<String> skipped) {
    return skipped.stream()
        .map(shape::site)
        .filter(site -> site.tensor().role() == TensorRole.INPUT)
        .map(TensorSite::layer)
        .collect(Collectors.toSet());
  }

  private Plan<M> with(Map<String, QuantDescriptor> other, Map<String, Alpha> otherSmooth) {
    return new Plan<>(model, component, shape, other, otherSmooth, listener);
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

  /** Another plan, whose calibration tells how far it has come. */
  public Plan<M> onProgress(Progress.Listener progress) {
    return new Plan<>(
        model, component, shape, descriptors, smooth, Objects.requireNonNull(progress, "progress"));
  }

  /**
   * Another plan, for which other kernels compute: in calibration, every search and measurement,
   * training, and the quantized model.
   *
   * @param kernels in place of {@link Kernels#active}
   */
  public Plan<M> withKernels(QuantKernels kernels) {
    Objects.requireNonNull(kernels, "kernels");
    return new Plan<>(model, component, shape.withKernels(kernels), descriptors, smooth, listener);
  }

  private static void check(ModelShape shape, TensorSite site, QuantDescriptor descriptor) {
    LayerTensor tensor = site.tensor();
    if (tensor.role() == TensorRole.BIAS) {
      throw new IllegalArgumentException(site.describe(null, null) + ": a bias is not quantized");
    }
    if (!descriptor.fakeQuant()) {
      throw new IllegalArgumentException(
          site.describe(null, descriptor)
              + ": fakeQuant = false has no effect in a plan yet; leave it out");
    }
    List<DescriptorProblem> problems =
        descriptor.problems(tensor.role().role().orElseThrow(), tensor.layout());
    if (!problems.isEmpty()) {
      throw new InvalidDescriptorException(site.describe(null, descriptor), problems);
    }
    if (tensor.role() == TensorRole.WEIGHT && !isFinite(shape, site)) {
      throw new IllegalArgumentException(
          site.describe(shape.tensor(site), descriptor)
              + ": it holds NaN or infinity, which cannot be quantized");
    }
  }

  private static boolean isFinite(ModelShape shape, TensorSite weight) {
    Quantizer largest = Quantizer.of(QuantDescriptor.bits(8), Layout.UNKNOWN, shape.kernels());
    return Float.isFinite(largest.amax(shape.tensor(weight)).getFloat(0));
  }

  /** The quantizers, before any data is seen: no amax and no errors yet. */
  public Summary list() {
    return SummaryBuilder.of(shape, state(), Map.of(), Summary.Smoothings.wanted(smooth.keySet()));
  }

  /**
   * Runs the model over calibration data and notes what its quantizers need.
   *
   * @param batches at least one; iterated as often as a method needs, so give a List or an Iterable
   *     that starts anew
   * @param forward runs one batch: {@code MiniLm::forward}; deterministic
   * @throws CalibrationException if there are no batches or they can be iterated only once, if an
   *     input holds NaN or infinity, or if the rebuilt model differs from the model; the message
   *     names batch, layer and tensor
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
    Replay<M> replay = Replay.of(model, component, shape, batches, forward, listener);
    return Calibration.run(replay, shape, state(), smooth, nonFinite);
  }

  /**
   * The quantized model, where nothing needs data: only weights are quantized, or inputs with
   * dynamic scales.
   *
   * @throws IllegalStateException if a quantizer needs calibration; the message names each
   */
  public Quantized<M> freeze() {
    shape.requireArrays("it cannot be frozen");
    return Quantized.of(
        model,
        component,
        shape,
        state(),
        Map.of(),
        Summary.Smoothings.wanted(smooth.keySet()),
        frozen -> Optional.empty());
  }

  @Override
  protected Planned<M> contents() {
    return new Planned<>(model, component, shape);
  }

  /** How each quantized tensor is quantized, by path. */
  public Map<String, QuantDescriptor> descriptors() {
    return descriptors;
  }

  /** The paths of the layers that are to be smoothed. */
  public Set<String> smoothed() {
    return smooth.keySet();
  }

  private State state() {
    return State.FLOAT.withDescriptors(descriptors);
  }
}
