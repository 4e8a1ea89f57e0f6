package dev.bitfold.state;

import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.layer.LayerTensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One tensor of one layer of a model.
 *
 * @param layer the layer's path: {@code encoder.3.attention.query}
 * @param type the layer's class
 * @param tensor the tensor as annotated
 */
public record TensorSite(String layer, Class<?> type, LayerTensor tensor) {
  /** The tensor's name in summaries, parameters and files: {@code encoder.3.attention.query.x}. */
  public String path() {
    return path(layer, tensor.name());
  }

  /** The layer's path in a tensor's; empty if the model itself is the layer. */
  public static String layerOf(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('.')));
  }

  static String path(String layer, String tensor) {
    return layer.isEmpty() ? tensor : layer + "." + tensor;
  }

  /** Path, class, shape and descriptor, as messages begin. */
  public String describe(@Nullable INDArray value, @Nullable QuantDescriptor descriptor) {
    StringBuilder text = new StringBuilder(path()).append(" (").append(type.getSimpleName());
    if (value != null) {
      text.append(", ").append(value.dataType()).append(' ').append(Arrays.toString(value.shape()));
    }
    if (!tensor.layout().isUnknown()) {
      text.append(", layout ").append(tensor.layout());
    }
    if (descriptor != null) {
      text.append(", ").append(descriptor);
    }
    return text.append(')').toString();
  }
}
