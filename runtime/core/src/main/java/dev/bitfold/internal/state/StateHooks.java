package dev.bitfold.internal.state;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.FloatLayer;
import dev.bitfold.layer.Gradients;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.LayerType;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.ChannelScale;
import dev.bitfold.tensor.Placeholder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Hooks one layer in one state. Everything that can be prepared is prepared when the hooks are
 * made.
 */
final class StateHooks implements ArrayHooks {
  private record Port(TensorSite site, @Nullable Quantizer quantizer, @Nullable Scaling scaling) {}

  /** Describes a smoothed input of a float layer, which is multiplied but not quantized. */
  private record Scaling(INDArray factors, int axis) {
    INDArray apply(INDArray x) {
      return ChannelScale.apply(x, factors, axis);
    }
  }

  private final String layer;
  private final LayerType<?, ?> type;
  private final Map<String, INDArray> read;
  private final QuantKernels kernels;
  private final State state;
  private final Tap tap;
  private final Map<String, INDArray> held;
  private final @Nullable FloatLayer floatLayer;
  private final Map<String, Port> ports = new LinkedHashMap<>();
  private final Map<String, INDArray> given = new HashMap<>();
  private final boolean unpacks;
  private volatile @Nullable Width width;

  StateHooks(
      String layer,
      LayerType<?, ?> type,
      Map<String, INDArray> read,
      QuantKernels kernels,
      State state,
      Tap tap) {
    this(layer, type, read, kernels, state, tap, Map.of(), null);
  }

  /**
   * Makes the hooks of a layer in one state.
   *
   * @param read the tensors that the layer held when the model was read
   * @param held the tensors that the layer holds if the walk finds others in it
   * @param floatLayer the layer behind the wrapper if the state quantizes nothing
   */
  StateHooks(
      String layer,
      LayerType<?, ?> type,
      Map<String, INDArray> read,
      QuantKernels kernels,
      State state,
      Tap tap,
      Map<String, INDArray> held,
      @Nullable FloatLayer floatLayer) {
    this.held = held;
    this.floatLayer = floatLayer;
    this.layer = layer;
    this.type = type;
    this.read = read;
    this.kernels = kernels;
    this.state = state;
    this.tap = tap;
    this.unpacks =
        type.unpacksWeights()
            && type.tensors().keySet().stream()
                .anyMatch(name -> state.packed().containsKey(TensorSite.path(layer, name)));
    for (LayerTensor tensor : type.tensors().values()) {
      if (tensor.role() == TensorRole.INPUT) {
        ports.put(tensor.name(), port(tensor));
      }
    }
    ports.put(LayerType.OUTPUT, port(ModelShape.output(type)));
  }

  @Override
  public ArrayHooks holding(Map<String, INDArray> tensors) {
    return new StateHooks(layer, type, read, kernels, state, tap, tensors, floatLayer);
  }

  @Override
  public @Nullable FloatLayer floatLayer() {
    return floatLayer;
  }

  private Port port(LayerTensor tensor) {
    TensorSite site = new TensorSite(layer, type.type(), tensor);
    QuantDescriptor descriptor = state.descriptors().get(site.path());
    INDArray preQuantScale = state.preQuantScales().get(site.path());
    int channel = preQuantScale == null ? 0 : tensor.layout().fromEnd('C');
    if (descriptor == null) {
      return new Port(
          site, null, preQuantScale == null ? null : new Scaling(preQuantScale, channel));
    }
    Quantizer quantizer = Quantizer.of(descriptor, tensor.layout(), kernels);
    CalibratedScale scale = state.scales().get(site.path());
    if (scale != null) {
      quantizer = scale.fix(quantizer);
    }
    return new Port(
        site,
        preQuantScale == null ? quantizer : quantizer.withPreQuantScale(preQuantScale, channel),
        null);
  }

  @Override
  public @Nullable INDArray tensor(String name, @Nullable INDArray original) {
    if (original == null) {
      return null;
    }
    TensorSite site = site(name);
    INDArray tensor = tensor(site, held.getOrDefault(name, original));
    given.put(name, tensor);
    return tensor;
  }

  private INDArray tensor(TensorSite site, INDArray original) {
    if (isCoded(site)) {
      return coded(site, original).codes();
    }
    PackedTensor packed = state.packed().get(site.path());
    if (packed != null) {
      return type.unpacksWeights() ? Placeholder.of(packed.shape()) : packed.unpack();
    }
    INDArray master = master(site, original);
    QuantDescriptor descriptor = state.descriptors().get(site.path());
    return descriptor == null ? master : open(site, master, q -> q.quantize(master));
  }

  private INDArray master(TensorSite site, INDArray original) {
    INDArray master = state.tensors().get(site.path());
    if (master == null) {
      site.requireAsRead(read.get(site.tensor().name()), original);
      return original;
    }
    return master;
  }

  /** Returns whether the layer gets the codes of a tensor. */
  private boolean isCoded(TensorSite site) {
    return site.tensor().codes() && state.descriptors().containsKey(site.path());
  }

  private CodedTensor coded(TensorSite site, INDArray original) {
    PackedTensor packed = state.packed().get(site.path());
    if (packed != null) {
      return CodedTensor.of(packed);
    }
    INDArray master = master(site, original);
    return open(site, master, quantizer -> CodedTensor.of(quantizer.codes(master)));
  }

  @Override
  public @Nullable INDArray scale(String name, @Nullable INDArray tensor, @Nullable INDArray own) {
    TensorSite site = site(name);
    if (tensor == null || !isCoded(site)) {
      return own;
    }
    if (own != null) {
      throw new IllegalArgumentException(
          site.describe(tensor, state.descriptors().get(site.path()))
              + ": the quantizer gives its scale; the float layer has null for it");
    }
    Port port = ports.get(name);
    return port == null
        ? coded(site, held.getOrDefault(name, tensor)).scale()
        : CodedTensor.of(Objects.requireNonNull(port.quantizer()).codes(tensor)).scale();
  }

  @Override
  public @Nullable ArrayHooks unpacked() {
    return unpacks ? new Unpacked() : null;
  }

  /** Hooks one call, with the weights unpacked. */
  private final class Unpacked implements ArrayHooks {
    private final Map<String, INDArray> unpacked = new HashMap<>();

    @Override
    public @Nullable INDArray tensor(String name, @Nullable INDArray original) {
      PackedTensor packed = state.packed().get(TensorSite.path(layer, name));
      INDArray tensor = packed == null ? given.get(name) : packed.unpack();
      if (tensor != null) {
        unpacked.put(name, tensor);
      }
      return tensor;
    }

    @Override
    public void check(String name, @Nullable INDArray held) {
      requireHeld(name, unpacked.get(name), held);
    }

    @Override
    public @Nullable INDArray input(String name, @Nullable INDArray x) {
      return StateHooks.this.input(name, x);
    }

    @Override
    public INDArray output(INDArray y) {
      return StateHooks.this.output(y);
    }
  }

  /** Returns whether no tap observes the layer, as in a model that is ready to use. */
  boolean isUntapped() {
    return tap == Tap.NONE;
  }

  Class<?> type() {
    return type.type();
  }

  String path() {
    return layer;
  }

  private Port requirePort(String name) {
    Port port = ports.get(name);
    if (port == null) {
      known(name);
      throw new IllegalArgumentException(type.type().getName() + ": " + name + " is not an input");
    }
    return port;
  }

  Optional<Quantizer> quantizer(String name) {
    return Optional.ofNullable(requirePort(name).quantizer());
  }

  Optional<BuiltLayer.InputScale> inputScale(String name) {
    return Optional.ofNullable(requirePort(name).scaling())
        .map(scaling -> new BuiltLayer.InputScale(scaling.factors(), scaling.axis()));
  }

  Optional<PackedTensor> packed(String name) {
    return Optional.ofNullable(state.packed().get(TensorSite.path(layer, name)));
  }

  /** Returns the values of a tensor, which a layer may hold packed or as codes. */
  @Nullable INDArray unpacked(String name, @Nullable INDArray held) {
    if (held == null || packed(name).isPresent() || !isCoded(site(name))) {
      return held == null ? null : packed(name).map(PackedTensor::unpack).orElse(held);
    }
    INDArray master = master(site(name), Objects.requireNonNull(read.get(name)));
    return open(site(name), master, quantizer -> quantizer.quantize(master));
  }

  private TensorSite site(String name) {
    return new TensorSite(layer, type.type(), known(name));
  }

  /** Applies the quantizer of a weight. */
  private <T> T open(TensorSite site, INDArray master, Function<Quantizer, T> use) {
    QuantDescriptor descriptor =
        Objects.requireNonNull(state.descriptors().get(site.path()), "the descriptor");
    try {
      Quantizer open = Quantizer.of(descriptor, site.tensor().layout(), kernels);
      return use.apply(WeightQuantizer.of(open, master, state.scales().get(site.path())));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          site.describe(master, descriptor) + ": " + e.getMessage(), e);
    }
  }

  private LayerTensor known(String name) {
    LayerTensor tensor = type.tensors().get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          type.type().getName()
              + " has no tensor \""
              + name
              + "\", only "
              + type.tensors().keySet());
    }
    return tensor;
  }

  @Override
  public void check(String name, @Nullable INDArray held) {
    requireHeld(name, given.get(name), held);
  }

  private void requireHeld(String name, @Nullable INDArray expected, @Nullable INDArray held) {
    TensorSite site = site(name);
    site.requireHeld(expected, held, state.descriptors().get(site.path()));
  }

  @Override
  public @Nullable INDArray input(String name, @Nullable INDArray x) {
    Port port = requirePort(name);
    if (x == null) {
      return null;
    }
    if (isUntapped()) {
      requireWidth(port.site(), x);
    }
    return through(port, tap.input(port.site(), x));
  }

  /**
   * Checks the channels of the only input against the only weight, if the layouts of both name
   * them.
   */
  private void requireWidth(TensorSite site, INDArray x) {
    SizedTensor weight = width().weight();
    if (weight == null
        || !site.tensor().layout().has('C')
        || !site.tensor().layout().fits(x.rank())
        || weight.reads(SizedTensor.of(site, x))) {
      return;
    }
    throw new IllegalArgumentException(
        site.describe(x, state.descriptors().get(site.path()))
            + ": "
            + x.size(site.tensor().layout().axis('C', x.rank()))
            + " channels do not match "
            + weight.text()
            + ", whose I is "
            + weight.size('I'));
  }

  /**
   * Holds the only weight with input channels of a quantized layer with one input; null if there
   * are others.
   */
  private record Width(@Nullable SizedTensor weight) {}

  private Width width() {
    Width known = width;
    if (known == null) {
      List<SizedTensor> all =
          SizedTensor.weights(layer, type.type(), type.tensors().values(), given);
      boolean quantized =
          type.tensors().keySet().stream()
              .anyMatch(name -> state.descriptors().containsKey(TensorSite.path(layer, name)));
      boolean sure = quantized && all.size() == 1 && ports.size() == 2;
      known = new Width(sure ? all.get(0) : null);
      width = known;
    }
    return known;
  }

  @Override
  public INDArray output(INDArray y) {
    Port port = Objects.requireNonNull(ports.get(LayerType.OUTPUT));
    return through(port, tap.output(port.site(), y));
  }

  @Override
  public Gradients gradients(Gradients computed, String first, Map<String, INDArray> inputs) {
    for (LayerTensor tensor : type.tensors().values()) {
      String path = TensorSite.path(layer, tensor.name());
      if (state.descriptors().containsKey(path) || state.preQuantScales().containsKey(path)) {
        throw new IllegalStateException(
            new TensorSite(layer, type.type(), tensor).describe(null, state.descriptors().get(path))
                + ": a quantized model has no backward, because rounding has no gradient; train it"
                + " through Calibration.train");
      }
    }
    return computed;
  }

  private INDArray through(Port port, INDArray x) {
    if (port.quantizer() != null) {
      try {
        return isCoded(port.site())
            ? CodedTensor.of(port.quantizer().codes(x)).codes()
            : port.quantizer().quantize(x);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            port.site().describe(x, port.quantizer().descriptor()) + ": " + e.getMessage(), e);
      }
    }
    return port.scaling() == null ? x : port.scaling().apply(x);
  }
}
