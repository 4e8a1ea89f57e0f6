package dev.bitfold.internal.state;

import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.Quantizer;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a layer of a calibrated or quantized model does beside its own {@code forward}, for code
 * that runs the layer elsewhere than on ND4J's arrays. Immutable and safe for concurrent use.
 */
public final class BuiltLayer {
  /** A scale's axis counts from the end, as a layout with open axes needs it. */
  public record InputScale(INDArray factors, int axis) {}

  private final StateHooks hooks;

  private BuiltLayer(StateHooks hooks) {
    this.hooks = hooks;
  }

  /**
   * Returns what a layer that a model's plan wrapped does; empty if the layer is of the user's own
   * class, or is being calibrated or trained.
   */
  public static Optional<BuiltLayer> of(Object layer) {
    Objects.requireNonNull(layer, "layer");
    return layer instanceof HookedLayer hooked
            && hooked.bitfoldHooks() instanceof StateHooks hooks
            && hooks.isUntapped()
        ? Optional.of(new BuiltLayer(hooks))
        : Optional.empty();
  }

  /** The class as annotated, of which the layer is one that was rebuilt. */
  public Class<?> type() {
    return hooks.type();
  }

  /** The layer's name in its model: {@code encoder.3.attention.query}. */
  public String path() {
    return hooks.path();
  }

  /**
   * What an input is quantized by, its pre-quant scale included; empty if it stays float.
   *
   * @throws IllegalArgumentException if the layer has no input of this name
   */
  public Optional<Quantizer> input(String name) {
    return hooks.quantizer(name);
  }

  /**
   * What an input that is not quantized is multiplied by; empty if by nothing.
   *
   * @throws IllegalArgumentException if the layer has no input of this name
   */
  public Optional<InputScale> inputScale(String name) {
    return hooks.inputScale(name);
  }

  /** What the output is quantized by; empty if it stays float. */
  public Optional<Quantizer> output() {
    return hooks.quantizer(LayerType.OUTPUT);
  }

  /**
   * A weight or bias as {@code forward} computes with it.
   *
   * @param held what the layer holds, which is no more than a placeholder if it is packed
   * @return null if {@code held} is
   */
  public @Nullable INDArray tensor(String name, @Nullable INDArray held) {
    return hooks.unpacked(name, held);
  }

  /** A weight as packed; empty if the model is not compressed, or the weight stays float. */
  public Optional<PackedTensor> packed(String name) {
    return hooks.packed(name);
  }
}
