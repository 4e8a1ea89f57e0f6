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
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The parameters of a model in training, and the hooks that its layers are built with. A layer
 * without {@code backward} stays in the state that training began with. An array that several
 * layers hold is one parameter, of the first one's name. Used by one thread.
 */
public final class TrainedModel {
  private final ModelShape shape;
  private final State initial;
  private final IUpdater updater;
  private final IUpdater scaleUpdater;
  private final IdentityHashMap<INDArray, Parameter> masters = new IdentityHashMap<>();
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, TrainedLayer.Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, TrainedQuantizer> activations = new LinkedHashMap<>();
  private final Map<String, ArrayHooks> hooks = new LinkedHashMap<>();

  private TrainedModel(ModelShape shape, State initial, IUpdater updater, IUpdater scaleUpdater) {
    this.shape = shape;
    this.initial = initial;
    this.updater = updater;
    this.scaleUpdater = scaleUpdater;
  }

  /**
   * A model to train.
   *
   * @param initial calibrated
   * @param updater of weights and biases
   * @param scaleUpdater of learned scales
   * @throws IllegalArgumentException if no layer has a {@code backward}, or a descriptor cannot be
   *     trained through
   * @throws IllegalStateException if a scale to begin with is missing
   */
  public static TrainedModel of(
      ModelShape shape, State initial, IUpdater updater, IUpdater scaleUpdater) {
    TrainedModel model = new TrainedModel(shape, initial, updater, scaleUpdater);
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
    hooks.put(layer.path(), new TrainedLayer(layer, held, ports));
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
    INDArray source = initial.tensors().getOrDefault(site.path(), shape.tensor(site));
    Parameter master =
        masters.computeIfAbsent(
            source, s -> add(new Parameter(shape.kernels(), site.path(), s, updater)));
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
    INDArray preScale = initial.preScales().get(site.path());
    int channel = preScale == null ? 0 : site.tensor().layout().fromEnd('C');
    TrainedQuantizer quantizer = null;
    if (descriptor != null) {
      quantizer =
          TrainedQuantizer.ofActivation(site, open(site, descriptor), scale(site), this::scale);
      activations.put(site.path(), quantizer);
    }
    return new TrainedLayer.Port(site, quantizer, preScale, channel);
  }

  private Quantizer open(TensorSite site, QuantDescriptor descriptor) {
    return Quantizer.of(descriptor, site.tensor().layout(), shape.kernels());
  }

  private @Nullable CalibratedScale scale(TensorSite site) {
    return initial.scales().get(site.path());
  }

  private Parameter scale(String name, INDArray amax) {
    return add(new Parameter(shape.kernels(), name, amax, scaleUpdater));
  }

  private Parameter add(Parameter parameter) {
    parameters.put(parameter.name(), parameter);
    return parameter;
  }

  /** The model with its layers in training; its tensors are rewritten in place by each update. */
  public <M> M rebuild(M model, Component<M> component) {
    return Workspaces.outside(
        () -> component.rebuild(model, new Walk((path, type) -> hooks.get(path))));
  }

  /** The values of all parameters by name, copies. */
  public Map<String, INDArray> values() {
    Map<String, INDArray> values = new LinkedHashMap<>();
    Workspaces.outside(
        () -> {
          parameters.forEach((name, p) -> values.put(name, p.value().dup('c')));
          return values;
        });
    return values;
  }

  /** Forgets the gradients of the step before. */
  public void reset() {
    parameters.values().forEach(Parameter::reset);
  }

  /**
   * The gradients since {@link #reset}, copies; parameters that no gradient has reached are left
   * out.
   *
   * @throws IllegalStateException if there are none, or one holds NaN or infinity
   */
  public Map<String, INDArray> gradients() {
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    for (Parameter parameter : reached()) {
      gradients.put(parameter.name(), parameter.gradient());
    }
    return gradients;
  }

  private List<Parameter> reached() {
    List<Parameter> reached = parameters.values().stream().filter(Parameter::touched).toList();
    if (reached.isEmpty()) {
      throw new IllegalStateException(
          "no gradient has reached a layer: call the backward of the model that was given to the"
              + " step");
    }
    for (Parameter parameter : reached) {
      if (!parameter.hasFiniteGradient()) {
        throw new IllegalStateException(
            "the gradient of " + parameter.name() + " holds NaN or infinity");
      }
    }
    return reached;
  }

  /**
   * Updates every parameter that a gradient has reached, then what the layers compute with. If a
   * learned amax would leave its range, nothing is changed.
   *
   * @throws IllegalStateException as {@link #gradients}, or if a learned amax would become zero,
   *     negative or NaN; the message names it
   */
  public void update(int iteration, int epoch) {
    List<Parameter> reached = reached();
    Map<Parameter, INDArray> scales = new LinkedHashMap<>();
    for (TrainedQuantizer quantizer : quantizers()) {
      Parameter amax = quantizer.learned().orElse(null);
      if (amax != null && amax.touched()) {
        INDArray next = amax.value().sub(amax.step(iteration, epoch));
        quantizer.requireLearnable(next);
        scales.put(amax, next);
      }
    }
    for (Parameter parameter : reached) {
      INDArray next = scales.get(parameter);
      if (next == null) {
        parameter.update(iteration, epoch);
      } else {
        parameter.value().assign(next);
      }
    }
    activations.values().forEach(TrainedQuantizer::refresh);
    tensors.values().forEach(TrainedLayer.Tensor::refresh);
  }

  private List<TrainedQuantizer> quantizers() {
    List<TrainedQuantizer> all = new ArrayList<>(activations.values());
    for (TrainedLayer.Tensor tensor : tensors.values()) {
      Optional.ofNullable(tensor.quantizer()).ifPresent(all::add);
    }
    return all;
  }

  /** The state to deploy: what it computes is what this model computes, bit for bit. */
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
