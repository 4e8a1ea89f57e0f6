package dev.bitfold.reconstruction;

import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Hands on the inputs of some layers, and ends a forward pass once each of them was called. For one
 * thread.
 */
final class LayerCalls implements Tap {
  /** Ends a forward pass. */
  private static final class Enough extends RuntimeException {
    private static final long serialVersionUID = 1;

    Enough() {
      super("enough was seen of this batch", null, false, false);
    }
  }

  private final Map<String, ProductLayer> layers;
  private final boolean ends;
  private final BiConsumer<String, INDArray> seen;
  private final Set<String> called = new HashSet<>();
  private boolean ended;

  /**
   * Makes a tap.
   *
   * @param layers the layers of interest, by their path, which may become fewer
   * @param ends whether a pass ends once all of them were called; false if one is called again
   * @param seen takes the path of a layer and its input without padded positions
   */
  LayerCalls(Map<String, ProductLayer> layers, boolean ends, BiConsumer<String, INDArray> seen) {
    this.layers = layers;
    this.ends = ends;
    this.seen = seen;
  }

  @Override
  public INDArray input(TensorSite site, INDArray x) {
    ProductLayer layer = layers.get(site.layer());
    if (layer != null && site.equals(layer.input())) {
      INDArray kept = layer.unpadded(x);
      if (kept != null) {
        seen.accept(site.layer(), kept);
      }
      called.add(site.layer());
      if (ends && called.containsAll(layers.keySet())) {
        ended = true;
        throw new Enough();
      }
    }
    return x;
  }

  /** Runs a forward pass that may end early. */
  void run(Runnable forward) {
    ended = false;
    called.clear();
    try {
      forward.run();
    } catch (RuntimeException e) {
      if (!ended) {
        throw e;
      }
    }
  }
}
