package dev.bitfold.reconstruction;

import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Hands on the inputs of some layers, and ends a forward pass where no more is to come. For one
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
  private final Set<String> ending;
  private final BiConsumer<String, INDArray> seen;
  private boolean ended;

  /**
   * Makes a tap.
   *
   * @param layers the layers of interest, by their path
   * @param ending the layers at whose input the pass ends
   * @param seen takes the path of a layer and its input without padded positions
   */
  LayerCalls(
      Map<String, ProductLayer> layers, Set<String> ending, BiConsumer<String, INDArray> seen) {
    this.layers = layers;
    this.ending = ending;
    this.seen = seen;
  }

  @Override
  public INDArray input(TensorSite site, INDArray x) {
    if (ending.contains(site.layer())) {
      ended = true;
      throw new Enough();
    }
    ProductLayer layer = layers.get(site.layer());
    if (layer != null && site.equals(layer.input())) {
      INDArray kept = layer.unpadded(x);
      if (kept != null) {
        seen.accept(site.layer(), kept);
      }
    }
    return x;
  }

  /** Runs a forward pass that may end early. */
  void run(Runnable forward) {
    ended = false;
    try {
      forward.run();
    } catch (RuntimeException e) {
      if (!ended) {
        throw e;
      }
    }
  }
}
