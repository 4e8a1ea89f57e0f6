package dev.bitfold.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.calibration.Histogram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** Compares the estimated cost of an amax with values that are quantized one by one. */
class ClippingEstimateTest {
  private static final int CODES = 127;
  private static final int BINS = 256;

  private final double[] values =
      new Random(5).doubles(200_000).map(u -> -Math.log(1 - u)).limit(200_000).toArray();

  private static Histogram histogram(double[] values, double width) {
    List<Long> counts = new ArrayList<>(Collections.nCopies(BINS, 0L));
    for (double value : values) {
      counts.set((int) (value / width), counts.get((int) (value / width)) + 1);
    }
    float max = (float) Arrays.stream(values).max().orElseThrow();
    return new Histogram(width, counts, max, 0);
  }

  private double measured(double amax) {
    double step = amax / CODES;
    double noise =
        Arrays.stream(values)
            .map(x -> Math.min(Math.rint(x / step), CODES) * step - x)
            .map(e -> e * e)
            .sum();
    return Math.sqrt(noise / Arrays.stream(values).map(x -> x * x).sum());
  }

  @Test
  void theErrorIsThatOfTheValuesQuantizedOneByOne() {
    Histogram histogram = histogram(values, 1.0 / 16);
    for (double amax : new double[] {0.75, 2, 4, 7, 9.9, histogram.max()}) {
      ClippingEstimate estimate = ClippingEstimate.of(histogram, amax, CODES).orElseThrow();
      double beyond = Arrays.stream(values).filter(x -> x > amax).count() / (double) values.length;

      assertEquals(1, estimate.error() / measured(amax), 0.03, "error at " + amax);
      assertEquals(beyond, estimate.clipped(), 0.001, "clipped at " + amax);
    }
  }

  @Test
  void theLargestValueClipsNothing() {
    Histogram histogram = histogram(values, 1.0 / 16);

    assertEquals(
        0, ClippingEstimate.of(histogram, histogram.max(), CODES).orElseThrow().clipped(), 1e-12);
  }

  @Test
  void binsThatAreTooWideTellNothing() {
    double[] withOutlier =
        DoubleStream.concat(Arrays.stream(values), DoubleStream.of(1e4)).toArray();
    Histogram histogram = histogram(withOutlier, 64);

    assertEquals(Optional.empty(), ClippingEstimate.of(histogram, 7, CODES));
    assertTrue(ClippingEstimate.of(histogram, 1e4, CODES).isPresent());
  }

  @Test
  void anInputOfZerosHasNoEstimate() {
    Histogram histogram = new Histogram(0, List.of(3L), 0, 0);

    assertEquals(Optional.empty(), ClippingEstimate.of(histogram, 0, CODES));
    assertEquals(Optional.empty(), ClippingEstimate.of(histogram, Double.NaN, CODES));
  }
}
