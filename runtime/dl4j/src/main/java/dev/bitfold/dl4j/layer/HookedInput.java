package dev.bitfold.dl4j.layer;

import java.io.NotSerializableException;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonValue;

/**
 * A preprocessor that passes a layer's input through its hooks, behind the layer's own
 * preprocessor. A network that was rebuilt has one before each layer with hooks.
 */
@SuppressWarnings("serial") // It is not saved.
public final class HookedInput implements InputPreProcessor {
  private static final String UNSAVED =
      "a quantized network is saved with Quantized.save(file), and loaded with"
          + " Dl4jQuantizer.load(network, file)";

  private final NetworkLayer.Hooked layer;
  private final @Nullable InputPreProcessor own;

  private HookedInput(NetworkLayer.Hooked layer, @Nullable InputPreProcessor own) {
    this.layer = layer;
    this.own = own;
  }

  /**
   * Returns the preprocessor of a layer with hooks.
   *
   * @param present the preprocessor that the layer has, if it has one
   */
  static HookedInput before(NetworkLayer.Hooked layer, @Nullable InputPreProcessor present) {
    return new HookedInput(layer, present instanceof HookedInput other ? other.own : present);
  }

  /** Returns the layer that it stands before. */
  public NetworkLayer.Hooked layer() {
    return layer;
  }

  /** Returns the layer's own preprocessor; null if it has none. */
  public @Nullable InputPreProcessor own() {
    return own;
  }

  @Override
  public INDArray preProcess(INDArray input, int miniBatchSize, LayerWorkspaceMgr workspaces) {
    INDArray x = own == null ? input : own.preProcess(input, miniBatchSize, workspaces);
    return workspaces.leverageTo(ArrayType.ACTIVATIONS, layer.input(x));
  }

  /**
   * Passes the gradient on.
   *
   * @throws IllegalStateException if the layer is quantized: rounding has no gradient
   */
  @Override
  public INDArray backprop(INDArray output, int miniBatchSize, LayerWorkspaceMgr workspaces) {
    if (layer.bitfoldHooks().floatLayer() == null) {
      throw new IllegalStateException(
          layer.name() + ": a quantized network is not trained, as rounding has no gradient");
    }
    return own == null ? output : own.backprop(output, miniBatchSize, workspaces);
  }

  @Override
  public HookedInput clone() {
    return this;
  }

  @Override
  public InputType getOutputType(InputType inputType) {
    return own == null ? inputType : own.getOutputType(inputType);
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      INDArray maskArray, MaskState currentMaskState, int minibatchSize) {
    return own == null
        ? new Pair<>(maskArray, currentMaskState)
        : own.feedForwardMaskArray(maskArray, currentMaskState, minibatchSize);
  }

  /**
   * Refuses to be written by Deeplearning4j's serializer, which would drop the quantizers.
   *
   * @throws IllegalStateException always
   */
  @JsonValue
  @SuppressWarnings("DoNotCallSuggester") // The serializer calls it.
  public String json() {
    throw new IllegalStateException(UNSAVED);
  }

  private Object writeReplace() throws NotSerializableException {
    throw new NotSerializableException(UNSAVED);
  }
}
