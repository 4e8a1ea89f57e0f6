package dev.bitfold.cli.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Whether a text gets the same numbers alone, in a batch with others, and padded. Only tokens of
 * the text itself are compared.
 *
 * @param texts how many there were
 * @param sameInBatch how many of them have the same bits in a batch
 * @param worstInBatch the smallest cosine of a text alone to the text in a batch
 * @param batch how many texts the largest batch had
 * @param samePadded how many have the same bits padded
 * @param worstPadded the smallest cosine of a text alone to the text padded
 * @param padded to how many tokens
 */
public record Invariance(
    int texts,
    int sameInBatch,
    double worstInBatch,
    int batch,
    int samePadded,
    double worstPadded,
    int padded) {
  static final String IDS = "input_ids";
  private static final int BATCH = 32;

  /** How many are looked at for each that is compared, to find texts of all lengths. */
  private static final int LOOKED_AT = 32;

  private static final int PADDED = 128;

  /** The arrays of one text without padding, and what pads its ids. */
  private record Text(Map<String, INDArray> arrays, int length) {}

  /** Returns whether a file takes tokens: ids and a mask of a size that is open. */
  static boolean isMeasurable(OrtFile file) {
    return file.inputs().stream().map(i -> i.name()).toList().containsAll(List.of(IDS, Mask.NAME))
        && file.inputs().stream()
            .allMatch(i -> i.shape().size() == 2 && i.shape().stream().allMatch(s -> s < 0));
  }

  /**
   * Measures a file on texts of some batches; empty if there is no text.
   *
   * @param most how many texts at most
   */
  static Optional<Invariance> of(
      OrtFile file, Iterable<Map<String, INDArray>> feeds, Pooling pooling, int most) {
    long pad = 0;
    List<Text> texts = new ArrayList<>();
    for (Map<String, INDArray> feed : feeds) {
      Mask mask = Mask.of(feed).orElse(null);
      INDArray ids = feed.get(IDS);
      if (mask == null || ids == null) {
        return Optional.empty();
      }
      pad = padding(ids, mask).orElse(pad);
      for (int row = 0; row < mask.rows() && texts.size() / LOOKED_AT < most; row++) {
        if (mask.length(row) > 0) {
          texts.add(text(feed, row, mask.length(row)));
        }
      }
    }
    return texts.isEmpty() ? Optional.empty() : Optional.of(of(file, texts, pooling, most, pad));
  }

  private static Invariance of(
      OrtFile file, List<Text> texts, Pooling pooling, int most, long pad) {
    List<List<Text>> batches = batches(texts, most);
    int longest = batches.stream().flatMap(List::stream).mapToInt(Text::length).max().orElse(1);
    int padded = Math.max(PADDED, longest);
    List<Figures> inBatch = new ArrayList<>();
    List<Figures> withPadding = new ArrayList<>();
    for (List<Text> some : batches) {
      int length = some.stream().mapToInt(Text::length).max().orElse(1);
      Map<String, Output> together = file.run(batch(some, length, pad));
      for (int i = 0; i < some.size(); i++) {
        Text text = some.get(i);
        Map<String, Output> alone = file.run(batch(List.of(text), text.length(), pad));
        inBatch.add(difference(alone, together, i, text.length(), pooling));
        Map<String, Output> longer = file.run(batch(List.of(text), padded, pad));
        withPadding.add(difference(alone, longer, 0, text.length(), pooling));
      }
    }
    return new Invariance(
        inBatch.size(),
        same(inBatch),
        worst(inBatch),
        batches.get(0).size(),
        same(withPadding),
        worst(withPadding),
        padded);
  }

  private static int same(List<Figures> all) {
    return (int) all.stream().filter(f -> f.equal() == 1).count();
  }

  private static double worst(List<Figures> all) {
    return all.stream().mapToDouble(Figures::worstCosine).min().orElse(1);
  }

  /** Compares a text alone with the same text in a row of another run. */
  private static Figures difference(
      Map<String, Output> alone, Map<String, Output> other, int row, int length, Pooling pooling) {
    OutputError error = new OutputError("");
    alone.forEach(
        (name, one) -> {
          Output many = other.get(name);
          if (many != null && !one.whole() && one.shape().length > 0) {
            boolean tokens = one.perToken() && one.shape().length > 1;
            error.add(
                row(one, 0, length, tokens, pooling), row(many, row, length, tokens, pooling));
          }
        });
    return error.figures();
  }

  /** Returns what an output has of one text. */
  private static Output row(Output all, int row, int length, boolean tokens, Pooling pooling) {
    int each = all.values().length / (int) all.shape()[0];
    long[] shape = all.shape().clone();
    shape[0] = 1;
    if (tokens) {
      each = each / (int) shape[1] * length;
      shape[1] = length;
    }
    int from = row * (all.values().length / (int) all.shape()[0]);
    double[] values = Arrays.copyOfRange(all.values(), from, from + each);
    boolean[] kept = new boolean[length];
    Arrays.fill(kept, true);
    return pooling.of(new Output(shape, values, tokens, false), new Mask(kept, 1, length));
  }

  /** Returns batches of which each has texts of all lengths; the first is the largest. */
  private static List<List<Text>> batches(List<Text> texts, int most) {
    List<Text> sorted = new ArrayList<>(texts);
    sorted.sort(Comparator.comparingInt(Text::length));
    int count = Math.min(most, sorted.size());
    List<List<Text>> batches = new ArrayList<>();
    for (int i = 0; i < (count + BATCH - 1) / BATCH; i++) {
      batches.add(new ArrayList<>());
    }
    for (int i = 0; i < count; i++) {
      int at = (int) ((long) i * sorted.size() / count);
      batches.get(i % batches.size()).add(sorted.get(at));
    }
    return batches;
  }

  private static Optional<Long> padding(INDArray ids, Mask mask) {
    for (int row = 0; row < mask.rows(); row++) {
      if (mask.length(row) < mask.columns()) {
        return Optional.of(ids.getLong(row, mask.columns() - 1));
      }
    }
    return Optional.empty();
  }

  private static Text text(Map<String, INDArray> feed, int row, int length) {
    Map<String, INDArray> own = new LinkedHashMap<>();
    feed.forEach(
        (name, array) ->
            own.put(
                name,
                array
                    .get(NDArrayIndex.interval(row, row + 1), NDArrayIndex.interval(0, length))
                    .dup('c')
                    .reshape(length)));
    return new Text(own, length);
  }

  private static Map<String, INDArray> batch(List<Text> texts, int length, long pad) {
    Map<String, INDArray> batch = new LinkedHashMap<>();
    for (Map.Entry<String, INDArray> input : texts.get(0).arrays().entrySet()) {
      long[][] rows = new long[texts.size()][length];
      for (int i = 0; i < rows.length; i++) {
        INDArray own = Objects.requireNonNull(texts.get(i).arrays().get(input.getKey()));
        for (int t = 0; t < length; t++) {
          rows[i][t] =
              t < texts.get(i).length() ? own.getLong(t) : input.getKey().equals(IDS) ? pad : 0;
        }
      }
      batch.put(input.getKey(), Nd4j.createFromArray(rows).castTo(input.getValue().dataType()));
    }
    return batch;
  }
}
