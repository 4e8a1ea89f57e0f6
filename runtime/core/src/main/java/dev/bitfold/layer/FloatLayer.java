package dev.bitfold.layer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the layer behind a wrapper that quantizes nothing, such as in a float model that training
 * returns. A walk rebuilds the layer itself, with the wrapper's tensors. Immutable. Not for users.
 *
 * @param layer the layer, of the user's own class
 * @param tensors the weights and biases that replace the layer's own, by name
 */
public record FloatLayer(Object layer, Map<String, INDArray> tensors) {
  /** Copies the map, keeping its order. */
  public FloatLayer {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Returns the layer behind a wrapper; null if the layer is of the user's own class, or quantized.
   */
  public static @Nullable FloatLayer of(Object layer) {
    return layer instanceof HookedLayer hooked && hooked.bitfoldHooks() instanceof ArrayHooks hooks
        ? hooks.floatLayer()
        : null;
  }

  /** Returns the class that tells what a component is. */
  static Class<?> classOf(Object component) {
    FloatLayer known = of(component);
    return known == null ? component.getClass() : known.layer().getClass();
  }

  /** Returns a visitor whose hooks see these tensors in place of the layer's own. */
  Walk.Visitor over(Walk.Visitor visitor) {
    return (path, type) -> {
      ArrayHooks hooks = visitor.layer(path, type);
      return hooks == null ? null : hooks.holding(tensors);
    };
  }
}
