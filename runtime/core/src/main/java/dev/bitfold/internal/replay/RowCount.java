package dev.bitfold.internal.replay;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts the rows (tokens, pixels) that a batch passes to the layers. Safe for concurrent use. */
public final class RowCount implements Tap {
  private final Map<String, Long> rows = new ConcurrentHashMap<>();

  /** Begins another batch. */
  public void begin() {
    rows.clear();
  }

  /** Returns the largest number of rows of one input. */
  public long largest() {
    return rows.values().stream().mapToLong(n -> n).max().orElse(0);
  }

  @Override
  public INDArray input(TensorSite site, INDArray x) {
    rows.merge(site.path(), of(site, x), Long::sum);
    return x;
  }

  @Override
  public INDArray output(TensorSite site, INDArray y) {
    return y;
  }

  /**
   * Returns the number of values of an input by its channels, or by the length of its last axis.
   */
  static long of(TensorSite site, INDArray x) {
    Layout layout = site.tensor().layout();
    long channels = x.rank() == 0 ? 1 : x.size(layout.has('C') ? layout.axis('C', x.rank()) : -1);
    return x.length() / Math.max(1, channels);
  }
}
