package dev.bitfold.dl4j.network;

import dev.bitfold.dl4j.layer.HookedInput;
import dev.bitfold.dl4j.layer.NetworkLayer;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where a network has a layer.
 *
 * @param name of the layer
 * @param type the class of its configuration
 * @param layer its configuration; null if it is a vertex of another kind
 * @param preprocessor of its input, if there is one
 * @param parameters by Deeplearning4j's keys
 * @param permuted whether the network changes the layout of the input behind the preprocessor
 * @param readers the names of what reads the output
 */
public record Place(
    String name,
    String type,
    @Nullable Layer layer,
    @Nullable InputPreProcessor preprocessor,
    Map<String, INDArray> parameters,
    boolean permuted,
    List<String> readers) {
  /** Copies the list. */
  public Place {
    readers = List.copyOf(readers);
  }

  /** Returns whether the layer reads what the network gives it, without a preprocessor. */
  boolean readsDirectly() {
    return layer != null
        && !permuted
        && (preprocessor == null
            || (preprocessor instanceof HookedInput hooked && hooked.own() == null));
  }

  /** Returns the layer to walk over; null if its class is not known. */
  public @Nullable NetworkLayer found() {
    if (preprocessor instanceof HookedInput hooked) {
      return hooked.layer();
    }
    return layer == null ? null : NetworkLayer.of(name, layer, parameters, permuted);
  }
}
