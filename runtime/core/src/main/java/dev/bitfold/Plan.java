package dev.bitfold;

import dev.bitfold.annotations.Role;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.Progress;
import dev.bitfold.descriptor.DescriptorProblem;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.NearestName;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.GraphHooks;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.smoothquant.FoldResolver;
import dev.bitfold.tuning.Advice;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What of a model will be quantized how; no data has been seen. Immutable and safe for concurrent
 * use. The model itself is never changed.
 *
 * <p>A generated {@code MQuantizer.of(model)} gives the plan that the annotations say. To try
 * something else without compiling again, {@link #using} and {@link #describe} give other plans.
 *
 * @param <M> the model
 */
public final class Plan<M> {
  private final M model;
  private final Component<M> component;
  private final ModelShape shape;
  private final Map<String, QuantDescriptor> descriptors;
  private final Map<String, Double> smooth;
  private final Progress.Listener listener;

  private Plan(
      M model,
      Component<M> component,
      ModelShape shape,
      Map<String, QuantDescriptor> descriptors,
      Map<String, Double> smooth,
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
    ModelShape shape = ModelShape.of(model, component);
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>();
    Map<String, Double> smooth = new LinkedHashMap<>();
    shape
        .sites()
        .forEach(
            (path, site) -> site.tensor().descriptor().ifPresent(d -> descriptors.put(path, d)));
    shape
        .layers()
        .forEach(
            (path, layer) ->
                layer.type().smoothQuant().ifPresent(alpha -> smooth.put(path, alpha)));
    if (descriptors.isEmpty()) {
      throw new IllegalArgumentException(
          model.getClass().getName() + " holds no layer with anything to quantize");
    }
    Plan<M> plan = new Plan<>(model, component, shape, descriptors, smooth, progress -> {});
    plan.descriptors.forEach((path, d) -> check(shape, path, d));
    FoldResolver.resolve(shape);
    return plan;
  }

  /**
   * Another plan, in which every quantized layer follows a recipe in place of its annotations; a
   * role that the recipe leaves out stays float, and layers are smoothed if the recipe says so.
   *
   * @throws IllegalArgumentException if the recipe quantizes a role that no layer has
   * @throws InvalidDescriptorException if a descriptor does not fit a tensor
   */
  public Plan<M> using(Recipe recipe) {
    Objects.requireNonNull(recipe, "recipe");
    Map<String, QuantDescriptor> other = new LinkedHashMap<>();
    Map<String, Double> otherSmooth = new LinkedHashMap<>();
    Set<Role> unused = EnumSet.noneOf(Role.class);
    unused.addAll(recipe.descriptors().keySet());
    for (TensorSite site : shape.sites().values()) {
      ModelShape.Layer layer = Objects.requireNonNull(shape.layers().get(site.layer()));
      Role role = site.tensor().role().role().orElse(null);
      QuantDescriptor descriptor = role == null ? null : recipe.descriptors().get(role);
      if (layer.type().isQuantized() && descriptor != null) {
        check(shape, site.path(), descriptor);
        other.put(site.path(), descriptor);
        unused.remove(role);
        if (role == Role.INPUT && site.tensor().layout().has('C')) {
          recipe.smoothQuant().ifPresent(alpha -> otherSmooth.put(layer.path(), alpha));
        }
      }
    }
    if (!unused.isEmpty()) {
      throw new IllegalArgumentException(
          "recipe "
              + recipe.name()
              + " describes "
              + unused
              + ", and no quantized layer of the model marks such a tensor");
    }
    return new Plan<>(model, component, shape, other, otherSmooth, listener);
  }

  /**
   * Another plan, in which one tensor is quantized otherwise.
   *
   * @param tensor its path: {@code fc1.weight}, {@code hidden.2.x}, {@code head.output}
   * @throws IllegalArgumentException if there is no such tensor, or it is a bias; the message lists
   *     the near ones
   * @throws InvalidDescriptorException if the descriptor does not fit the tensor
   */
  public Plan<M> describe(String tensor, QuantDescriptor descriptor) {
    Objects.requireNonNull(tensor, "tensor");
    Objects.requireNonNull(descriptor, "descriptor");
    check(shape, tensor, descriptor);
    Map<String, QuantDescriptor> other = new LinkedHashMap<>(descriptors);
    other.put(tensor, descriptor);
    return new Plan<>(model, component, shape, other, smooth, listener);
  }

  /**
   * Another plan, in which a tensor, or all tensors of a layer, stay float, as
   * {@code @SkipQuantize} would have it.
   *
   * @param path of a quantized tensor ({@code fc1.weight}) or of a layer ({@code fc1})
   * @throws IllegalArgumentException if nothing of that path is quantized; the message lists the
   *     near ones
   */
  public Plan<M> skip(String path) {
    Objects.requireNonNull(path, "path");
    Map<String, QuantDescriptor> other = without(path, descriptors);
    Map<String, Double> otherSmooth = new LinkedHashMap<>(smooth);
    TensorSite tensor = shape.sites().get(path);
    if (tensor == null) {
      otherSmooth.remove(path);
    } else if (tensor.tensor().role() == TensorRole.INPUT) {
      otherSmooth.remove(tensor.layer());
    }
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

  static Map<String, QuantDescriptor> without(
      String path, Map<String, QuantDescriptor> descriptors) {
    Map<String, QuantDescriptor> other = new LinkedHashMap<>(descriptors);
    other.keySet().removeIf(p -> p.equals(path) || TensorSite.layerOf(p).equals(path));
    if (other.size() == descriptors.size()) {
      Set<String> known = new LinkedHashSet<>(descriptors.keySet());
      descriptors.keySet().forEach(p -> known.add(TensorSite.layerOf(p)));
      throw new IllegalArgumentException(
          "the model has no quantized tensor or layer "
              + path
              + "; near are "
              + NearestName.of(path, known));
    }
    return other;
  }

  /** Another plan, whose calibration tells how far it has come. */
  public Plan<M> onProgress(Progress.Listener progress) {
    return new Plan<>(
        model, component, shape, descriptors, smooth, Objects.requireNonNull(progress, "progress"));
  }

  private static void check(ModelShape shape, String path, QuantDescriptor descriptor) {
    TensorSite site = shape.sites().get(path);
    if (site == null) {
      throw new IllegalArgumentException(
          "the model has no tensor "
              + path
              + "; near are "
              + NearestName.of(path, shape.sites().keySet()));
    }
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
    if (tensor.role() == TensorRole.WEIGHT && !isFinite(shape.tensor(site))) {
      throw new IllegalArgumentException(
          site.describe(shape.tensor(site), descriptor)
              + ": it holds NaN or infinity, which cannot be quantized");
    }
  }

  private static boolean isFinite(INDArray weight) {
    return weight.isEmpty()
        || Float.isFinite(Quantizer.of(QuantDescriptor.bits(8)).amax(weight).getFloat(0));
  }

  /** The quantizers, before any data is seen: no amax and no errors yet. */
  public Summary list() {
    return Summary.of(shape, state(), Map.of(), Summary.Smoothings.wanted(smooth.keySet()));
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
    Replay<M> replay = Replay.of(model, component, batches, forward, listener);
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
        model, component, shape, state(), Map.of(), Summary.Smoothings.wanted(smooth.keySet()));
  }

  /**
   * The model, its layers rebuilt in their graph; for bitfold-samediff.
   *
   * @param hooks of a layer; its tensors are described by {@link #descriptors}
   */
  public M rebuild(Function<ModelShape.Layer, GraphHooks> hooks) {
    return shape.rebuildGraph(model, component, hooks);
  }

  /** The layers of the model by path; for the same engines. */
  public Map<String, ModelShape.Layer> layers() {
    return shape.layers();
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
