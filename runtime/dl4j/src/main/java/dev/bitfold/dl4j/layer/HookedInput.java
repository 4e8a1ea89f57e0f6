package dev.bitfold.dl4j.layer;

import java.io.NotSerializableException;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonValue;

/**
 * A preprocessor that passes a layer's input through its hooks, behind the layer's own
 * preprocessor. A network that was rebuilt has one before each layer with hooks.
 */
@SuppressWarnings("serial") // It is not saved.
public final class HookedInput extends PreparedInput {
  private static final String UNSAVED =
      "a quantized network is saved with Quantized.save(file), and loaded with"
          + " Dl4jQuantizer.load(network, file)";

  private final NetworkLayer.Hooked layer;

  private HookedInput(NetworkLayer.Hooked layer, @Nullable InputPreProcessor own) {
    super(own);
    this.layer = layer;
  }

  /**
   * Returns the preprocessor of a layer with hooks.
   *
   * @param present the preprocessor that the layer has, if it has one
   */
  static HookedInput before(NetworkLayer.Hooked layer, @Nullable InputPreProcessor present) {
    return new HookedInput(layer, present instanceof HookedInput other ? other.own() : present);
  }

  /** Returns the layer that it stands before. */
  public NetworkLayer.Hooked layer() {
    return layer;
  }

  @Override
  INDArray changed(INDArray x) {
    return layer.input(x);
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
    return super.backprop(output, miniBatchSize, workspaces);
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
