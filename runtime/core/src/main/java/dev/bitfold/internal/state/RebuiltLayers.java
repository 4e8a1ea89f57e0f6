package dev.bitfold.internal.state;

import dev.bitfold.layer.HookedLayer;
import java.util.Collections;
import java.util.Set;
import org.nd4j.shade.guava.collect.MapMaker;

/**
 * Keeps track of quantized layers without a wrapper. A final class or record with only weights is
 * rebuilt as itself, so the object does not show that it is quantized. It is recognized by identity
 * for as long as it lives.
 */
final class RebuiltLayers {
  private static final Set<Object> LAYERS =
      Collections.newSetFromMap(new MapMaker().weakKeys().makeMap());

  private RebuiltLayers() {}

  /** Records a quantized layer, unless it is a wrapper, which is recognized by its class. */
  static void add(Object layer) {
    if (!(layer instanceof HookedLayer)) {
      LAYERS.add(layer);
    }
  }

  /**
   * Refuses a layer that is already quantized.
   *
   * @throws IllegalArgumentException if the layer is already quantized
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
