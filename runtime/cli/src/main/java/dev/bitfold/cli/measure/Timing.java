package dev.bitfold.cli.measure;

import dev.bitfold.onnx.session.RuntimeValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Times of two files on one batch, in turns, so that whatever else the machine does meets both.
 *
 * @param milliseconds of the first file, the median
 * @param ratio the median, over the rounds, of the second file's time over the first one's
 * @param rounds how many there were
 * @param rows of the batch
 */
public record Timing(double milliseconds, double ratio, int rounds, long rows) {
  private static final int WARM_UP = 3;
  private static final int MIN_ROUNDS = 7;
  private static final int MAX_ROUNDS = 51;
  private static final long NANOS = 2_000_000_000L;

  static Timing of(OrtFile a, OrtFile b, Map<String, INDArray> feed, long rows) {
    Map<String, RuntimeValue> values = new HashMap<>(a.values(feed));
    try {
      b.values(feed)
          .forEach(
              (name, value) -> {
                if (values.putIfAbsent(name, value) != null) {
                  value.close();
                }
              });
      for (int i = 0; i < WARM_UP; i++) {
        a.time(values);
        b.time(values);
      }
      List<Double> own = new ArrayList<>();
      List<Double> ratios = new ArrayList<>();
      long start = System.nanoTime();
      while (own.size() < MIN_ROUNDS
          || (own.size() < MAX_ROUNDS && System.nanoTime() - start < NANOS)) {
        // Who goes first changes from round to round.
        boolean first = own.size() % 2 == 0;
        long early = first ? a.time(values) : b.time(values);
        long late = first ? b.time(values) : a.time(values);
        own.add((first ? early : late) / 1e6);
        ratios.add(first ? (double) late / early : (double) early / late);
      }
      return new Timing(median(own), median(ratios), own.size(), rows);
    } finally {
      values.values().forEach(RuntimeValue::close);
    }
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int size = sorted.size();
    return (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
  }
}
