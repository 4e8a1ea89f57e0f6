package dev.bitfold.reconstruction;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Keeps the float model's inputs of steps, as many steps ahead as a number of bytes allows, so that
 * one pass of the float model serves several steps. For one thread.
 */
final class FloatInputs {
  private final long mostBytes;

  /** What each layer was given in each batch: by the layer's path and the number of the batch. */
  private final Map<String, Map<Long, List<INDArray>>> kept = new LinkedHashMap<>();

  private long bytes;

  FloatInputs(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Begins to keep the inputs of layers, in the order in which they will be needed. */
  void begin(Collection<String> layers) {
    layers.forEach(path -> kept.put(path, new LinkedHashMap<>()));
  }

  /**
   * Adds an input of a layer. If that is more than may be kept, the layers that are needed last are
   * let go of, but never the first.
   */
  void add(String path, long batch, INDArray input) {
    Map<Long, List<INDArray>> ofLayer = kept.get(path);
    if (ofLayer != null) {
      ofLayer.computeIfAbsent(batch, number -> new ArrayList<>()).add(input);
      bytes += bytes(input);
    }
    List<String> order = new ArrayList<>(kept.keySet());
    while (bytes > mostBytes && order.size() > 1) {
      letGo(order.remove(order.size() - 1));
    }
  }

  private static long bytes(INDArray input) {
    return input.length() * Float.BYTES;
  }

  /** Returns whether the inputs of a layer are still kept. */
  boolean keeps(String path) {
    return kept.containsKey(path);
  }

  /** Returns the inputs that a layer was given in a batch, in order, and lets go of them. */
  List<INDArray> take(String path, long batch) {
    Map<Long, List<INDArray>> ofLayer = kept.getOrDefault(path, Map.of());
    List<INDArray> inputs = ofLayer.containsKey(batch) ? ofLayer.remove(batch) : List.of();
    inputs.forEach(input -> bytes -= bytes(input));
    return inputs;
  }

  /** Lets go of the inputs of a layer. */
  void letGo(String path) {
    Map<Long, List<INDArray>> ofLayer = kept.remove(path);
    if (ofLayer != null) {
      ofLayer.values().forEach(inputs -> inputs.forEach(input -> bytes -= bytes(input)));
    }
  }
}
