package dev.bitfold.internal.state;

import java.util.Collections;
import java.util.Set;
import org.nd4j.shade.guava.collect.MapMaker;

/**
 * The layers that were rebuilt with quantized weights as instances of the user's own class, which
 * nothing else tells from float ones. They are known by identity, for as long as they live.
 */
final class QuantizedLayers {
  private static final Set<Object> LAYERS =
      Collections.newSetFromMap(new MapMaker().weakKeys().makeMap());

  private QuantizedLayers() {}

  static void add(Object layer) {
    LAYERS.add(layer);
  }

  /**
   * Refuses a layer that is quantized already.
   *
   * @throws IllegalArgumentException if it is
   */
  static void refuse(String path, Object layer) {
    if (LAYERS.contains(layer)) {
      throw new IllegalArgumentException(
          path
              + " ("
              + layer.getClass().getSimpleName()
              + ") is quantized already; quantize the original");
    }
  }
}
