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
 * Describes what a layer of a calibrated or quantized model does in addition to its own {@code
 * forward}, for code that runs the layer on something other than ND4J's arrays. Immutable and safe
 * for concurrent use.
 */
public final class BuiltLayer {
  /**
   * Holds the pre-quant scale of an input that is not quantized. The axis counts from the end,
   * because a layout may be open.
   */
  public record InputScale(INDArray factors, int axis) {}

  private final StateHooks hooks;

  private BuiltLayer(StateHooks hooks) {
    this.hooks = hooks;
  }

  /**
   * Returns the description of a layer that a model's plan has wrapped; empty if the layer is of
   * the user's own class, or is being calibrated or trained.
   */
  public static Optional<BuiltLayer> of(Object layer) {
    Objects.requireNonNull(layer, "layer");
    return layer instanceof HookedLayer hooked
            && hooked.bitfoldHooks() instanceof StateHooks hooks
            && hooks.isUntapped()
        ? Optional.of(new BuiltLayer(hooks))
        : Optional.empty();
  }

  /** Returns the annotated class from which the layer was rebuilt. */
  public Class<?> type() {
    return hooks.type();
  }

  /** Returns the layer's path: {@code encoder.3.attention.query}. */
  public String path() {
    return hooks.path();
  }

  /**
   * Returns the quantizer of an input with its pre-quant scale; empty if the input stays float.
   *
   * @throws IllegalArgumentException if the layer has no input of this name
   */
  public Optional<Quantizer> input(String name) {
    return hooks.quantizer(name);
  }

  /**
   * Returns the pre-quant scale of an input that is not quantized; empty if there is none.
   *
   * @throws IllegalArgumentException if the layer has no input of this name
   */
  public Optional<InputScale> inputScale(String name) {
    return hooks.inputScale(name);
  }

  /** Returns the quantizer of the output; empty if the output stays float. */
  public Optional<Quantizer> output() {
    return hooks.quantizer(LayerType.OUTPUT);
  }

  /**
   * Returns a weight or bias with the values that {@code forward} uses.
   *
   * @param held the tensor that the layer holds, which is only a placeholder if the weight is
   *     packed
   * @return the tensor; null if {@code held} is null
   */
  public @Nullable INDArray tensor(String name, @Nullable INDArray held) {
    return hooks.unpacked(name, held);
  }

  /**
   * Returns a packed weight; empty if the model is not compressed, or if the weight stays float.
   */
  public Optional<PackedTensor> packed(String name) {
    return hooks.packed(name);
  }
}
