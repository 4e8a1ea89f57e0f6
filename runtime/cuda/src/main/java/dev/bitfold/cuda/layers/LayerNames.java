package dev.bitfold.cuda.layers;

import dev.bitfold.internal.state.BuiltLayer;
import java.util.Optional;

/** Finds the layer of the user's model that a given layer was made from. */
final class LayerNames {
  private LayerNames() {}

  /**
   * Returns a layer as it is in its quantized model.
   *
   * @param type the ready-made class
   * @return empty for a float layer
   * @throws IllegalArgumentException if the layer is of another class, which may have another
   *     {@code forward}
   */
  static Optional<BuiltLayer> built(Object layer, Class<?> type) {
    Optional<BuiltLayer> built = BuiltLayer.of(layer);
    Class<?> is = built.isPresent() ? built.get().type() : layer.getClass();
    if (is != type) {
      throw new IllegalArgumentException(
          layer.getClass().getName()
              + " is neither "
              + type.getName()
              + " itself nor one of a frozen model: its forward is not known on a device");
    }
    return built;
  }

  /** Returns a layer's name in messages. */
  static String of(Object layer, Optional<BuiltLayer> built) {
    return built.isPresent()
        ? built.get().path() + " (" + built.get().type().getSimpleName() + ")"
        : layer.getClass().getSimpleName();
  }
}
