package dev.bitfold.cli.measure;

import dev.bitfold.cli.input.BadInputException;
import java.util.Arrays;
import java.util.Optional;

/** Sums up how far one output is from another; tokens that pad a text are left out. */
final class OutputError {
  private final String name;
  private long samples;
  private double cosines;
  private double worst = 1;
  private double signal;
  private double noise;
  private double largest;
  private double largestDifference;
  private long values;
  private long equal;

  OutputError(String name) {
    this.name = name;
  }

  /** Adds a single sample. */
  void add(Output a, Output b) {
    add(a, b, 1, Optional.empty());
  }

  /** Adds a batch. */
  void add(Output a, Output b, long rows, Optional<Mask> mask) {
    if (!Arrays.equals(a.shape(), b.shape())) {
      throw new BadInputException(
          "output '" + name + "' has shape " + a + " in one file and " + b + " in the other");
    }
    boolean perRow = a.shape().length > 0 && a.shape()[0] == rows && rows > 0;
    int count = perRow ? (int) rows : 1;
    int each = a.values().length / count;
    Optional<Mask> tokens = mask.filter(a::isOfTokens);
    int columns = tokens.map(Mask::columns).orElse(1);
    for (int row = 0; row < count; row++) {
      Sample sample = new Sample();
      for (int column = 0; column < columns; column++) {
        int at = column;
        int in = row;
        if (tokens.map(m -> m.keeps(in, at)).orElse(true)) {
          int from = row * each + column * (each / columns);
          for (int i = from; i < from + each / columns; i++) {
            sample.add(a.values()[i], b.values()[i]);
          }
        }
      }
      double cosine = sample.cosine();
      samples++;
      cosines += cosine;
      worst = Math.min(worst, cosine);
    }
  }

  /** Sums of one sample. */
  private final class Sample {
    private double aa;
    private double bb;
    private double ab;

    void add(double x, double y) {
      values++;
      if (Double.doubleToLongBits(x) == Double.doubleToLongBits(y)) {
        equal++;
        if (!Double.isFinite(x)) {
          return;
        }
      }
      double difference = Double.isNaN(x - y) ? Double.POSITIVE_INFINITY : Math.abs(x - y);
      aa += x * x;
      bb += y * y;
      ab += x * y;
      signal += Double.isFinite(x) ? x * x : 0;
      noise += difference * difference;
      largest = Math.max(largest, Double.isFinite(x) ? Math.abs(x) : 0);
      largestDifference = Math.max(largestDifference, difference);
    }

    double cosine() {
      double product = Math.sqrt(aa) * Math.sqrt(bb);
      if (aa == 0 && bb == 0) {
        return 1;
      }
      double cosine = product == 0 ? 0 : ab / product;
      return Double.isNaN(cosine) ? 0 : Math.max(-1, Math.min(1, cosine));
    }
  }

  Figures figures() {
    return new Figures(
        samples,
        samples == 0 ? 1 : cosines / samples,
        worst,
        noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise),
        largestDifference == 0 ? 0 : largestDifference / largest,
        values == 0 ? 1 : (double) equal / values);
  }
}
