package dev.bitfold.dl4j.layer;

import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The form in which weights are quantized, for exporters. */
public final class StandardForm {
  private StandardForm() {}

  /**
   * Returns the first weight of a layer in Bitfold's form.
   *
   * @throws IllegalArgumentException if the layer's class is not known
   */
  public static INDArray of(String name, Layer layer, Map<String, INDArray> params) {
    LayerKind kind = KnownLayers.of(layer);
    if (kind == null) {
      throw new IllegalArgumentException(name + " is of an unknown " + layer.getClass());
    }
    return Objects.requireNonNull(kind.parameters().get(0).in(params), name);
  }
}
