package dev.bitfold.onnx.model.cut;

import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import dev.bitfold.onnx.session.RuntimeValue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer of a graph: its weight and bias are arrays, its operator runs in ONNX Runtime. Safe for
 * concurrent use.
 */
public sealed class CutLayer {
  static final String WEIGHT = "weight";
  static final String BIAS = "bias";
  static final String INPUT = "x";

  private final FoundLayer found;
  private final INDArray weight;
  private final @Nullable INDArray bias;
  private final LayerSession session;
  private final boolean amongPoints;

  CutLayer(
      FoundLayer found,
      INDArray weight,
      @Nullable INDArray bias,
      LayerSession session,
      boolean amongPoints) {
    this.amongPoints = amongPoints;
    this.found = found;
    this.weight = weight;
    this.bias = bias;
    this.session = session;
  }

  /** Returns where the layer was found. */
  public FoundLayer found() {
    return found;
  }

  /** Returns the weight, in the order of the node's axes. */
  public INDArray weight() {
    return weight;
  }

  /** Returns the path of the weight in a plan. */
  public String weightPath() {
    return found.path() + "." + WEIGHT;
  }

  /** Returns the bias [out]; null if there is none. */
  public @Nullable INDArray bias() {
    return bias;
  }

  LayerSession session() {
    return session;
  }

  /** Returns the type of this layer, for a walk. */
  public LayerType<CutLayer, CutLayer> type() {
    return found.letters().type(bias != null, amongPoints, Hooked::new);
  }

  /** Applies the layer to a value. Only hooks need it as an array. */
  RuntimeValue call(RuntimeValue x) {
    return session.apply(x, weight, bias);
  }

  /** Applies the layer. */
  INDArray forward(INDArray x) {
    return session.apply(x, weight, bias);
  }

  /** The layer with hooks on its tensors. */
  private static final class Hooked extends CutLayer implements HookedLayer {
    private final ArrayHooks hooks;

    Hooked(CutLayer layer, ArrayHooks hooks) {
      super(
          layer.found,
          Objects.requireNonNull(hooks.tensor(WEIGHT, layer.weight)),
          layer.bias == null ? null : hooks.tensor(BIAS, layer.bias),
          layer.session,
          layer.amongPoints);
      hooks.check(WEIGHT, weight());
      if (bias() != null) {
        hooks.check(BIAS, bias());
      }
      this.hooks = hooks;
    }

    @Override
    RuntimeValue call(RuntimeValue x) {
      return RuntimeValue.floats(forward(x.array()), found().path());
    }

    @Override
    INDArray forward(INDArray x) {
      ArrayHooks unpacked = hooks.unpacked();
      return (unpacked == null ? this : new Hooked(this, unpacked)).hookedForward(x);
    }

    private INDArray hookedForward(INDArray x) {
      boolean reads = !found().letters().input().isEmpty();
      INDArray input = reads ? Objects.requireNonNull(hooks.input(INPUT, x)) : x;
      return hooks.output(super.forward(input));
    }

    @Override
    public ArrayHooks bitfoldHooks() {
      return hooks;
    }
  }
}
