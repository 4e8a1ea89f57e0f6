package dev.bitfold.internal.state;

import dev.bitfold.layer.HookedLayer;
import java.util.Collections;
import java.util.Set;
import org.nd4j.shade.guava.collect.MapMaker;

/**
 * The quantized layers without a wrapper: a final class or record with weights only is rebuilt as
 * itself, so that nothing in the object tells it from a float one, and it is known by identity for
 * as long as it lives.
 */
final class RebuiltLayers {
  private static final Set<Object> LAYERS =
      Collections.newSetFromMap(new MapMaker().weakKeys().makeMap());

  private RebuiltLayers() {}

  /** Notes a quantized layer, unless it is a wrapper, which is told by its class. */
  static void add(Object layer) {
    if (!(layer instanceof HookedLayer)) {
      LAYERS.add(layer);
    }
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
