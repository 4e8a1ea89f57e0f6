package dev.bitfold.tuning;

import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Records which layers run. Safe for concurrent use. */
final class CalledLayers implements Tap {
  private final Set<String> layers = ConcurrentHashMap.newKeySet();

  boolean contains(String layer) {
    return layers.contains(layer);
  }

  @Override
  public INDArray input(TensorSite site, INDArray x) {
    layers.add(site.layer());
    return x;
  }

  @Override
  public INDArray output(TensorSite site, INDArray y) {
    layers.add(site.layer());
    return y;
  }
}
