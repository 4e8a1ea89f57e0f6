package dev.bitfold.cuda.layers;

import dev.bitfold.internal.state.BuiltLayer;
import java.util.Optional;

/** Which layer of the user's a layer is. */
final class LayerNames {
  private LayerNames() {}

  /**
   * What a quantized model made of a layer.
   *
   * @param type the ready-made class
   * @return empty for a float layer
   * @throws IllegalArgumentException if it is of another class, whose {@code forward} may be
   *     another
   */
  static Optional<BuiltLayer> built(Object layer, Class<?> type) {
    Optional<BuiltLayer> built = BuiltLayer.of(layer);
    Class<?> is = built.isPresent() ? built.get().type() : layer.getClass();
    if (is != type) {
      throw new IllegalArgumentException(
          layer.getClass().getName()
              + " is neither "
              + type.getName()
              + " itself nor one of a frozen model: its forward is not known on a card");
    }
    return built;
  }

  /** A layer's name in messages. */
  static String of(Object layer, Optional<BuiltLayer> built) {
    return built.isPresent()
        ? built.get().path() + " (" + built.get().type().getSimpleName() + ")"
        : layer.getClass().getSimpleName();
  }
}
