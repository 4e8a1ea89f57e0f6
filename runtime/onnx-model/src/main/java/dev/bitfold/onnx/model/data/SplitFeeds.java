package dev.bitfold.onnx.model.data;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The rows of batches in smaller ones.
 *
 * @param feeds the batches
 * @param rows the largest number of rows
 * @param bytes the largest number of bytes that all arrays of a batch have; a single row may have
 *     more
 */
record SplitFeeds(Iterable<Feed> feeds, int rows, long bytes) implements Iterable<Feed> {
  @Override
  public Iterator<Feed> iterator() {
    Iterator<Feed> whole = feeds.iterator();
    return new Iterator<>() {
      private Iterator<Feed> parts = List.<Feed>of().iterator();

      @Override
      public boolean hasNext() {
        return parts.hasNext() || whole.hasNext();
      }

      @Override
      public Feed next() {
        if (!parts.hasNext()) {
          if (!whole.hasNext()) {
            throw new NoSuchElementException();
          }
          parts = parts(whole.next());
        }
        return parts.next();
      }
    };
  }

  /** Returns the parts of a batch, each of which is copied when it is asked for. */
  private Iterator<Feed> parts(Feed feed) {
    long count = -1;
    long size = 0;
    for (INDArray array : feed.arrays().values()) {
      if (array.rank() == 0 || (count >= 0 && array.size(0) != count)) {
        return List.of(feed).iterator();
      }
      count = array.size(0);
      size += array.length() * array.dataType().width();
    }
    long each = Math.max(1, Math.min(rows, bytes / Math.max(1, size / Math.max(1, count))));
    if (count <= each) {
      return List.of(feed).iterator();
    }
    List<Long> starts = new ArrayList<>();
    for (long start = 0; start < count; start += each) {
      starts.add(start);
    }
    long all = count;
    return starts.stream().map(from -> part(feed, from, Math.min(from + each, all))).iterator();
  }

  private static Feed part(Feed feed, long from, long to) {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    feed.arrays()
        .forEach(
            (name, array) -> arrays.put(name, array.get(NDArrayIndex.interval(from, to)).dup('c')));
    return new Feed(feed.where() + ", rows " + from + " to " + (to - 1), arrays);
  }
}
