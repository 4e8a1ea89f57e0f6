package dev.bitfold.onnx.model;

import dev.bitfold.tensor.Workspaces;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Copies of the first batches that a model has seen, for the proof of its export. Bounded in number
 * and bytes. Safe for concurrent use.
 */
final class SeenFeeds {
  private static final int COUNT = 2;
  private static final long MAX_BYTES = 16L << 20;

  private final List<Map<String, INDArray>> feeds = new ArrayList<>();

  /** Keeps a batch, unless there are enough, it is large, or it is kept already. */
  synchronized void add(Map<String, INDArray> feed) {
    if (feeds.size() == COUNT || bytes(feed) > MAX_BYTES || feeds.contains(feed)) {
      return;
    }
    Map<String, INDArray> copy = new LinkedHashMap<>();
    feed.forEach((name, x) -> copy.put(name, Workspaces.outside(() -> x.dup('c'))));
    feeds.add(Collections.unmodifiableMap(copy));
  }

  private static long bytes(Map<String, INDArray> feed) {
    return feed.values().stream().mapToLong(x -> x.length() * x.dataType().width()).sum();
  }

  /** Returns what was kept. */
  synchronized List<Map<String, INDArray>> feeds() {
    return List.copyOf(feeds);
  }
}
