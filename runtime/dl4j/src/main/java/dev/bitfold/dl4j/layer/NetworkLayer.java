package dev.bitfold.dl4j.layer;

import dev.bitfold.internal.state.BuiltLayer;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.HookedLayer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer of a network that can be quantized. Its parameters are the network's own arrays. */
public sealed class NetworkLayer {
  private final String name;
  private final LayerKind kind;
  private final Map<String, INDArray> params;

  private NetworkLayer(String name, LayerKind kind, Map<String, INDArray> params) {
    this.name = name;
    this.kind = kind;
    this.params = params;
  }

  /**
   * Returns a layer; null if its class is not known.
   *
   * @param floatInput whether its input stays float
   */
  public static @Nullable NetworkLayer of(
      String name, Layer layer, Map<String, INDArray> params, boolean floatInput) {
    LayerKind kind = KnownLayers.of(layer);
    if (kind == null || kind.parameters().stream().noneMatch(p -> params.containsKey(p.key()))) {
      return null;
    }
    return new NetworkLayer(name, floatInput ? kind.withFloatInput() : kind, params);
  }

  /** Returns the layer's name in its network. */
  public String name() {
    return name;
  }

  /** Returns what of the layer stays float, and why. */
  public List<String> floats() {
    return kind.floats();
  }

  /** Returns whether smoothing scales can be folded into factors and shifts of its channels. */
  public boolean isFoldTarget() {
    return kind.parameters().stream().filter(Parameter::isFactor).count() == 2
        && kind.parameters().stream().allMatch(p -> params.containsKey(p.key()));
  }

  /** Returns whether its input can be smoothed. */
  public boolean isSmoothed() {
    return kind.smoothed();
  }

  /** Returns how the layer is rebuilt in a walk. */
  public Component<NetworkLayer> component() {
    return Component.layer(kind.type(Hooked::new));
  }

  /** A layer with hooks on its tensors, which are in Bitfold's form. */
  public static final class Hooked extends NetworkLayer implements HookedLayer, LayerChange {
    private final ArrayHooks hooks;
    private final Map<String, INDArray> given = new HashMap<>();

    Hooked(NetworkLayer layer, ArrayHooks hooks) {
      // A rebuilt network shall not hold the arrays of the one that it was made of.
      super(layer.name, layer.kind, Map.of());
      this.hooks = hooks;
      for (Parameter parameter : layer.kind.parameters()) {
        INDArray tensor = hooks.tensor(parameter.key(), parameter.in(layer.params));
        if (tensor != null) {
          given.put(parameter.key(), tensor);
        }
      }
    }

    @Override
    public HookedInput before(@Nullable InputPreProcessor present) {
      return HookedInput.before(this, present);
    }

    @Override
    public void write(Map<String, INDArray> params) {
      for (Parameter parameter : kind().parameters()) {
        INDArray tensor = given.get(parameter.key());
        if (tensor != null) {
          parameter.write(tensor, Objects.requireNonNull(params.get(parameter.key())));
          hooks.check(parameter.key(), parameter.in(params));
        }
      }
    }

    @Override
    public void configure(NeuralNetConfiguration configuration) {
      if (kind().observed()) {
        if (KnownLayers.inner(configuration.getLayer()) instanceof BaseLayer base) {
          base.setActivationFn(ObservedActivation.of(base.getActivationFn(), hooks));
        }
      } else if (!kind().input().isEmpty() && isWatched()) {
        configuration.setLayer(new ObservedLayer(configuration.getLayer(), hooks));
      }
    }

    /** Returns whether anything is done with the output: it is observed, or quantized. */
    private boolean isWatched() {
      return BuiltLayer.of(this).map(layer -> layer.output().isPresent()).orElse(true);
    }

    INDArray input(INDArray x) {
      return kind().input().isEmpty() ? x : Objects.requireNonNull(hooks.input(LayerKind.INPUT, x));
    }

    @Override
    public ArrayHooks bitfoldHooks() {
      return hooks;
    }
  }

  LayerKind kind() {
    return kind;
  }
}
