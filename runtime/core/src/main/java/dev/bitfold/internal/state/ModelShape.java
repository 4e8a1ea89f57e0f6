package dev.bitfold.internal.state;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.NearestName;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.GraphHooks;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.LayerType;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.layer.Walk;
import dev.bitfold.tensor.Workspaces;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes what a first walk over a model finds, and the kernels that its tensors are quantized
 * with. Immutable.
 */
public final class ModelShape {
  /**
   * Describes one layer of the model.
   *
   * @param path the layer's path
   * @param type the layer's class as the processor read it
   * @param tensors the weights and biases that the layer holds, by tensor name
   */
  public record Layer(String path, LayerType<?, ?> type, Map<String, INDArray> tensors) {
    /** Returns one of the layer's tensors. */
    public TensorSite site(LayerTensor tensor) {
      return new TensorSite(path, type.type(), tensor);
    }

    /** Returns the layer's output. */
    public TensorSite output() {
      return site(ModelShape.output(type));
    }
  }

  /**
   * Holds what {@code @SmoothInto} lists, and the components other than layers that its paths may
   * name.
   *
   * @param consumers the paths of the consumers, by the path of the source
   * @param again the first path of each layer or model that is met again, by its other path
   * @param absent the paths of the components that are null or empty
   */
  public record Sharing(
      Map<String, List<String>> consumers, Map<String, String> again, Set<String> absent) {
    /** Copies the collections, keeping their order. */
    public Sharing {
      consumers = Collections.unmodifiableMap(new LinkedHashMap<>(consumers));
      again = Collections.unmodifiableMap(new LinkedHashMap<>(again));
      absent = Collections.unmodifiableSet(new LinkedHashSet<>(absent));
    }
  }

  private final Map<String, Layer> layers;
  private final Map<String, Class<?>> skipped;
  private final Set<String> missing;
  private final Map<String, TensorSite> sites;
  private final Sharing sharing;
  private final QuantKernels kernels;

  private ModelShape(
      Map<String, Layer> layers,
      Map<String, Class<?>> skipped,
      Set<String> missing,
      Sharing sharing,
      QuantKernels kernels) {
    this.layers = Collections.unmodifiableMap(layers);
    this.skipped = Collections.unmodifiableMap(skipped);
    this.missing = Collections.unmodifiableSet(missing);
    this.sharing = sharing;
    this.kernels = kernels;
    Map<String, TensorSite> all = new LinkedHashMap<>();
    for (Layer layer : layers.values()) {
      for (LayerTensor tensor : layer.type().tensors().values()) {
        boolean absent =
            (tensor.role() == TensorRole.WEIGHT || tensor.role() == TensorRole.BIAS)
                && !layer.tensors().containsKey(tensor.name());
        if (!absent) {
          all.put(layer.site(tensor).path(), layer.site(tensor));
        }
      }
      all.putIfAbsent(layer.output().path(), layer.output());
    }
    this.sites = Collections.unmodifiableMap(all);
  }

  /**
   * Walks over a model and returns its shape.
   *
   * @throws IllegalArgumentException if a weight does not fit its layout or holds no floats, or if
   *     a quantized weight is null
   * @throws IllegalStateException if a layer does not hold what its constructor was given
   */
  public static <M> ModelShape of(M model, Component<M> component, QuantKernels kernels) {
    FirstWalk first = new FirstWalk();
    component.rebuild(model, new Walk(first));
    return new ModelShape(
        first.layers(), first.skipped(), first.missing(), first.sharing(), kernels);
  }

  /** Returns this shape with other kernels. */
  public ModelShape withKernels(QuantKernels other) {
    return new ModelShape(layers, skipped, missing, sharing, other);
  }

  /** Returns the kernels that the model's tensors are quantized with. */
  public QuantKernels kernels() {
    return kernels;
  }

  /** Returns the input that identifies a call of each quantized layer, by layer path. */
  public Map<String, TensorSite> quantizedInputs(State state) {
    Map<String, TensorSite> inputs = new LinkedHashMap<>();
    for (Layer layer : layers.values()) {
      boolean quantized = false;
      TensorSite first = null;
      for (LayerTensor tensor : layer.type().tensors().values()) {
        TensorSite site = layer.site(tensor);
        quantized |= state.descriptors().containsKey(site.path());
        if (first == null && tensor.role() == TensorRole.INPUT) {
          first = site;
        }
      }
      if (quantized && first != null) {
        inputs.put(layer.path(), first);
      }
    }
    return inputs;
  }

  /**
   * Returns a weight or bias as a state holds it: the model's own, unless the state has another.
   */
  public INDArray tensor(TensorSite site, State state) {
    INDArray other = state.tensors().get(site.path());
    return other == null ? tensor(site) : other;
  }

  /**
   * Returns a state that shares no float tensor with the model: with a copy of each weight and bias
   * that is neither quantized nor in the state already. It no longer holds what the float model has
   * in place of {@linkplain State#replaced chosen} tensors.
   */
  public State owned(State state) {
    Map<String, INDArray> copies = new LinkedHashMap<>();
    for (TensorSite site : sites.values()) {
      TensorRole role = site.tensor().role();
      boolean held = role == TensorRole.WEIGHT || role == TensorRole.BIAS;
      String path = site.path();
      if (held && !state.descriptors().containsKey(path) && !state.tensors().containsKey(path)) {
        INDArray tensor = tensor(site);
        copies.put(path, Workspaces.outside(() -> tensor.dup(tensor.ordering())));
      }
    }
    return state.withSmoothing(Map.of(), copies).alone();
  }

  /**
   * Returns the float model rebuilt with other weights and biases. The result can be quantized like
   * the original model.
   *
   * @param tensors the weights and biases that differ, by path; they then belong to the rebuilt
   *     model
   */
  public <M> M rebuildFloat(M model, Component<M> component, Map<String, INDArray> tensors) {
    State floats = owned(State.FLOAT.withSmoothing(Map.of(), tensors));
    return Workspaces.outside(
        () -> component.rebuild(model, new Walk(new FloatVisitor(kernels, floats))));
  }

  /**
   * Returns the model rebuilt with its layers in a state, observed by a tap.
   *
   * @throws IllegalStateException if a layer holds other tensors than when it was read
   */
  public <M> M rebuild(M model, Component<M> component, State state, Tap tap) {
    return Workspaces.outside(
        () -> component.rebuild(model, new Walk(new InState(layers, kernels, state, tap))));
  }

  /**
   * Returns a model of this shape rebuilt with its layers in a state.
   *
   * @throws IllegalStateException if a layer holds other tensors, or another number of tensors,
   *     than when the model was read
   */
  public <M> M rebuild(M model, Component<M> component, State state) {
    InState visitor = new InState(layers, kernels, state, Tap.NONE);
    return Workspaces.outside(
        () ->
            component.rebuild(
                model,
                new Walk(
                    new Walk.Visitor() {
                      @Override
                      public ArrayHooks layer(String path, LayerType<?, ?> type) {
                        requireSame(path, type);
                        return visitor.layer(path, type);
                      }

                      @Override
                      public void rebuilt(String path, Object layer) {
                        visitor.rebuilt(path, layer);
                      }
                    })));
  }

  private void requireSame(String path, LayerType<?, ?> type) {
    Layer read = layers.get(path);
    if (read != null && !read.type().tensors().keySet().equals(type.tensors().keySet())) {
      throw new IllegalStateException(
          path
              + " ("
              + type.type().getSimpleName()
              + ") held "
              + read.type().tensors().keySet()
              + " when the model was read, and now holds "
              + type.tensors().keySet()
              + "; make a plan of the model as it is");
    }
  }

  /** Returns a model of this shape with its layers rebuilt in their graph. */
  public <M> M rebuildGraph(M model, Component<M> component, Function<Layer, GraphHooks> hooks) {
    return component.rebuild(
        model,
        new Walk(
            new Walk.Visitor() {
              @Override
              public ArrayHooks layer(String path, LayerType<?, ?> type) {
                throw new IllegalArgumentException(
                    path
                        + " ("
                        + type.type().getSimpleName()
                        + ") holds INDArrays, which are not in a graph");
              }

              @Override
              public GraphHooks graphLayer(String path, LayerType<?, ?> type) {
                requireSame(path, type);
                return hooks.apply(Objects.requireNonNull(layers.get(path), path));
              }

              @Override
              public void rebuilt(String path, Object layer) {
                RebuiltLayers.add(layer);
              }
            }));
  }

  /**
   * Refuses layers whose tensors are variables of a graph.
   *
   * @param what the action that cannot be done
   * @throws IllegalStateException if there is such a layer; the message names it
   */
  public void requireArrays(String what) {
    for (Layer layer : layers.values()) {
      if (layer.type().isOfVariables()) {
        throw new IllegalStateException(
            layer.path()
                + " ("
                + layer.type().type().getSimpleName()
                + ") is part of a SameDiff graph, so "
                + what
                + "; put the quantizers into the graph: QuantSameDiff.quantize(plan) of"
                + " bitfold-samediff");
      }
    }
  }

  /** Rebuilds layers in a state. */
  private record InState(Map<String, Layer> layers, QuantKernels kernels, State state, Tap tap)
      implements Walk.Visitor {
    @Override
    public ArrayHooks layer(String path, LayerType<?, ?> type) {
      Layer read = layers.get(path);
      return new StateHooks(
          path, type, read == null ? Map.of() : read.tensors(), kernels, state, tap);
    }

    @Override
    public void rebuilt(String path, Object layer) {
      boolean quantized =
          state.descriptors().keySet().stream().anyMatch(tensor -> tensor.startsWith(path + "."));
      if (quantized) {
        RebuiltLayers.add(layer);
      }
    }
  }

  /** Returns the hooks of one layer in a state. */
  public ArrayHooks hooks(String path, LayerType<?, ?> type, State state) {
    return new InState(layers, kernels, state, Tap.NONE).layer(path, type);
  }

  /** Returns the float model with one layer rebuilt and all others kept. */
  public <M> M rebuildOnly(M model, Component<M> component, String layer) {
    return component.rebuild(
        model,
        new Walk((path, type) -> path.equals(layer) ? hooks(path, type, State.FLOAT) : null));
  }

  /** Returns the layers by path, in the order of the walk. */
  public Map<String, Layer> layers() {
    return layers;
  }

  /** Returns the classes of the components that {@code @SkipQuantize} keeps float, by path. */
  public Map<String, Class<?>> skipped() {
    return skipped;
  }

  /** Returns the paths of the components that are null. */
  public Set<String> missing() {
    return missing;
  }

  /** Returns the consumers of each source, and the components that their paths may name. */
  public Sharing sharing() {
    return sharing;
  }

  /** Returns whether the hooks of any layer see its inputs. */
  public boolean hasInputs() {
    return sites.values().stream().anyMatch(site -> site.tensor().role() == TensorRole.INPUT);
  }

  /** Returns every tensor by path. */
  public Map<String, TensorSite> sites() {
    return sites;
  }

  /**
   * Returns a tensor of the model.
   *
   * @throws IllegalArgumentException if the model has no tensor of this path; the message lists
   *     similar paths
   */
  public TensorSite site(String path) {
    TensorSite site = sites.get(path);
    if (site == null) {
      throw new IllegalArgumentException(
          "the model has no tensor '" + path + "'; " + NearestName.question(path, sites.keySet()));
    }
    return site;
  }

  /** Returns the layer of a tensor. */
  public Layer layer(TensorSite site) {
    Layer layer = layers.get(site.layer());
    if (layer == null) {
      throw new IllegalArgumentException(site.path() + " is not a tensor of the model");
    }
    return layer;
  }

  /** Returns the values of a weight or bias. */
  public INDArray tensor(TensorSite site) {
    INDArray tensor = layer(site).tensors().get(site.tensor().name());
    if (tensor == null) {
      throw new IllegalArgumentException(site.path() + " is not a weight or bias of the model");
    }
    return tensor;
  }

  static LayerTensor output(LayerType<?, ?> type) {
    LayerTensor declared = type.tensors().get(LayerType.OUTPUT);
    return declared == null
        ? new LayerTensor(LayerType.OUTPUT, TensorRole.OUTPUT, Layout.UNKNOWN, Optional.empty())
        : declared;
  }
}
