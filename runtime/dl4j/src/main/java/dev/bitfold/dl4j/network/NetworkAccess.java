package dev.bitfold.dl4j.network;

import dev.bitfold.dl4j.layer.LayerChange;
import java.util.List;
import java.util.Map;

/**
 * What differs between the classes of networks. Stateless.
 *
 * @param <N> the class of networks
 */
public interface NetworkAccess<N> {
  /** Returns the exact class. */
  Class<N> type();

  /** Returns the layers, in the order in which the network computes them. */
  List<Place> places(N network);

  /**
   * Returns a network that shares nothing with the given one.
   *
   * @param layers what changes, by the name of the layer
   */
  N rebuild(N network, Map<String, ? extends LayerChange> layers);

  /**
   * Checks that a network can be quantized.
   *
   * @throws IllegalArgumentException if it was never initialised, or does not compute in FLOAT
   */
  void check(N network);
}
