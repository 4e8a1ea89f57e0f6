package dev.bitfold.internal.training;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.layer.Walk;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.Workspaces;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the parameters of a model in training, and the hooks that its layers are built with. A
 * layer without {@code backward} stays in the initial state. An array that several layers hold is
 * one parameter, with the name of the first. Used by one thread.
 */
public final class TrainedModel {
  private final ModelShape shape;
  private final State initial;
  private final Updaters updaters;
  private final StepWatch watch;
  private final IdentityHashMap<INDArray, Parameter> masters = new IdentityHashMap<>();
  private final Parameters parameters;
  private final Map<String, TrainedLayer.Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, TrainedQuantizer> activations = new LinkedHashMap<>();
  private final Map<String, ArrayHooks> hooks = new LinkedHashMap<>();

  /** Whether a failed update may have changed the state of updaters. */
  private boolean broken;

  private TrainedModel(ModelShape shape, State initial, Updaters updaters) {
    this.shape = shape;
    this.initial = initial;
    this.updaters = updaters;
    this.watch = new StepWatch(shape.kernels());
    this.parameters = new Parameters(shape, watch);
  }

  /**
   * Returns the training of a model.
   *
   * @param initial the calibrated state
   * @throws IllegalArgumentException if no layer has a {@code backward}, or if a descriptor cannot
   *     be trained through
   * @throws IllegalStateException if an initial scale is missing
   */
  public static TrainedModel of(ModelShape shape, State initial, Updaters updaters) {
    TrainedModel model = new TrainedModel(shape, initial, updaters);
    Workspaces.outside(
        () -> {
          shape.layers().values().forEach(model::add);
          return model;
        });
    if (model.parameters.isEmpty()) {
      throw new IllegalArgumentException(
          "no layer of the model declares backward, so there is nothing to train: add Gradients"
              + " backward(<the inputs of forward>, INDArray gradOutput) to "
              + shape.layers().values().stream()
                  .map(layer -> layer.path() + " (" + layer.type().type().getSimpleName() + ")")
                  .toList());
    }
    return model;
  }

  private void add(ModelShape.Layer layer) {
    if (!layer.type().hasBackward()) {
      refuseLearned(layer);
      hooks.put(layer.path(), shape.hooks(layer.path(), layer.type(), initial));
      return;
    }
    List<TrainedLayer.Tensor> held = new ArrayList<>();
    List<TrainedLayer.Port> ports = new ArrayList<>();
    for (LayerTensor tensor : layer.type().tensors().values()) {
      TensorSite site = layer.site(tensor);
      if (tensor.role() == TensorRole.INPUT) {
        ports.add(port(site));
      } else if (layer.tensors().containsKey(tensor.name())) {
        held.add(tensor(site));
      }
    }
    ports.add(port(layer.output()));
    hooks.put(layer.path(), new TrainedLayer(watch, layer, held, ports));
  }

  private void refuseLearned(ModelShape.Layer layer) {
    for (LayerTensor tensor : layer.type().tensors().values()) {
      QuantDescriptor descriptor = initial.descriptors().get(layer.site(tensor).path());
      if (descriptor != null && TrainedQuantizer.isLearned(descriptor)) {
        throw new IllegalArgumentException(
            layer.site(tensor).describe(null, descriptor)
                + " cannot be trained: "
                + layer.type().type().getSimpleName()
                + " declares no backward, so its amax would have no gradient");
      }
    }
  }

  private TrainedLayer.Tensor tensor(TensorSite site) {
    INDArray source = shape.tensor(site, initial);
    Parameter master =
        masters.computeIfAbsent(
            source,
            s -> parameters.add(new Parameter(watch, site, site.path(), s, updaters.weights())));
    QuantDescriptor descriptor = initial.descriptors().get(site.path());
    TrainedLayer.Tensor tensor;
    if (descriptor == null) {
      tensor = new TrainedLayer.Tensor(site, master, null, master.value());
    } else {
      TrainedQuantizer quantizer =
          TrainedQuantizer.ofWeight(
              site, open(site, descriptor), scale(site), master.value(), this::scale);
      tensor = new TrainedLayer.Tensor(site, master, quantizer, master.value().dup('c'));
    }
    tensor.refresh();
    tensors.put(site.path(), tensor);
    return tensor;
  }

  private TrainedLayer.Port port(TensorSite site) {
    QuantDescriptor descriptor = initial.descriptors().get(site.path());
    INDArray preQuantScale = initial.preQuantScales().get(site.path());
    int channel = preQuantScale == null ? 0 : site.tensor().layout().fromEnd('C');
    TrainedQuantizer quantizer = null;
    if (descriptor != null) {
      quantizer =
          TrainedQuantizer.ofActivation(site, open(site, descriptor), scale(site), this::scale);
      activations.put(site.path(), quantizer);
    }
    return new TrainedLayer.Port(site, quantizer, preQuantScale, channel);
  }

  private Quantizer open(TensorSite site, QuantDescriptor descriptor) {
    return Quantizer.of(descriptor, site.tensor().layout(), shape.kernels());
  }

  private @Nullable CalibratedScale scale(TensorSite site) {
    return initial.scales().get(site.path());
  }

  private Parameter scale(TensorSite site, INDArray amax) {
    return parameters.add(
        new Parameter(watch, site, site.path() + ".amax", amax, updaters.scales()));
  }

  /** Returns the model with its layers in training. Each update changes its tensors in place. */
  public <M> M rebuild(M model, Component<M> component) {
    return Workspaces.outside(
        () -> component.rebuild(model, new Walk((path, type) -> hooks.get(path))));
  }

  /** Returns everything that is trained. */
  public Parameters parameters() {
    return parameters;
  }

  /** Returns the updaters that training began with. */
  public Updaters updaters() {
    return updaters;
  }

  /**
   * Returns the first path of each array that several tensors share, by the paths of the others.
   */
  public Map<String, String> shared() {
    Map<String, String> shared = new LinkedHashMap<>();
    tensors.forEach(
        (path, tensor) -> {
          if (!path.equals(tensor.parameter().name())) {
            shared.put(path, tensor.parameter().name());
          }
        });
    return shared;
  }

  /**
   * Refuses to continue from an incomplete step.
   *
   * @throws IllegalStateException if the update of a step failed after some updaters had changed
   *     their state
   */
  public void requireWhole() {
    if (broken) {
      throw new IllegalStateException(
          watch.at()
              + "its update failed after some updaters had changed their state, although no"
              + " parameter has changed; resume from a checkpoint, or freeze the model as it is");
    }
  }

  /**
   * Begins a step, and clears the gradients of the previous one.
   *
   * @param number the number of the step from 1, for messages
   * @throws IllegalStateException if the update of an earlier step was left incomplete
   */
  public void begin(int number) {
    requireWhole();
    parameters.reset();
    watch.begin(number);
  }

  /**
   * Checks the loss of a pass.
   *
   * @throws IllegalStateException if the loss is NaN or infinite; the message names the first layer
   *     whose output was NaN or infinite
   */
  public void requireFinite(double loss) {
    if (!Double.isFinite(loss)) {
      throw new IllegalStateException(
          watch.at()
              + "the loss is "
              + loss
              + watch
                  .firstNonFinite()
                  .map(layer -> "; NaN or infinity occurred first in the output of " + layer)
                  .orElse(", although no layer's output holds NaN or infinity"));
    }
  }

  /**
   * Updates every parameter that a gradient has reached, and then the arrays that the layers
   * compute with. If it fails, no parameter changes.
   *
   * @throws IllegalStateException as {@link Parameters#gradients} does, if a learned amax would
   *     become zero, negative or NaN, or if an updater returns NaN or infinity; the message names
   *     the cause. After an updater has returned NaN or infinity, every further step is refused
   */
  public void update(int iteration, int epoch) {
    List<Parameter> reached = parameters.reached();
    Map<Parameter, INDArray> next = learned(iteration, epoch);
    Map<Parameter, INDArray> steps = new LinkedHashMap<>();
    broken = true;
    for (Parameter parameter : reached) {
      if (!next.containsKey(parameter)) {
        steps.put(parameter, parameter.step(iteration, epoch));
      }
    }
    broken = false;
    steps.forEach((parameter, step) -> parameter.value().subi(step));
    next.forEach((parameter, value) -> parameter.value().assign(value));
    activations.values().forEach(TrainedQuantizer::refresh);
    tensors.values().forEach(TrainedLayer.Tensor::refresh);
  }

  /**
   * Returns the next values of learned scales. If a value is invalid, the updaters' state is
   * restored.
   */
  private Map<Parameter, INDArray> learned(int iteration, int epoch) {
    Map<Parameter, INDArray> next = new LinkedHashMap<>();
    Map<Parameter, Map<String, INDArray>> before = new LinkedHashMap<>();
    try {
      for (TrainedQuantizer quantizer : quantizers()) {
        Parameter amax = quantizer.learned().orElse(null);
        if (amax != null && amax.touched() && !amax.isFixed()) {
          before.put(amax, amax.moments());
          INDArray value = amax.value().sub(amax.step(iteration, epoch));
          quantizer.requireLearnable(value, watch.at());
          next.put(amax, value);
        }
      }
    } catch (RuntimeException e) {
      before.forEach(Parameter::restore);
      throw e;
    }
    return next;
  }

  private List<TrainedQuantizer> quantizers() {
    List<TrainedQuantizer> all = new ArrayList<>(activations.values());
    for (TrainedLayer.Tensor tensor : tensors.values()) {
      Optional.ofNullable(tensor.quantizer()).ifPresent(all::add);
    }
    return all;
  }

  /** Returns the state to deploy. It computes the same outputs as this model, bit for bit. */
  public State state() {
    return Workspaces.outside(
        () -> {
          Map<Parameter, INDArray> copies = new LinkedHashMap<>();
          Map<String, INDArray> floats = new LinkedHashMap<>();
          Map<String, CalibratedScale> scales = new LinkedHashMap<>();
          tensors.forEach(
              (path, tensor) -> {
                floats.put(
                    path, copies.computeIfAbsent(tensor.parameter(), p -> p.value().dup('c')));
                if (tensor.quantizer() != null) {
                  tensor.quantizer().scale().ifPresent(scale -> scales.put(path, scale));
                }
              });
          activations.forEach(
              (path, quantizer) -> quantizer.scale().ifPresent(s -> scales.put(path, s)));
          return initial.withScales(scales).withSmoothing(Map.of(), floats);
        });
  }
}
