package dev.bitfold.examples.embeddings.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Groups sentences of similar length, so that attention spends little on padding. */
public final class LengthBuckets {
  private LengthBuckets() {}

  /** Indices of the sentences in groups of at most {@code size}, longest first; always the same. */
  public static List<List<Integer>> of(List<int[]> sentences, int size) {
    List<Integer> order =
        IntStream.range(0, sentences.size())
            .boxed()
            .sorted(Comparator.comparing(i -> -sentences.get(i).length))
            .toList();
    List<List<Integer>> buckets = new ArrayList<>();
    for (int from = 0; from < order.size(); from += size) {
      buckets.add(order.subList(from, Math.min(from + size, order.size())));
    }
    return buckets;
  }
}
