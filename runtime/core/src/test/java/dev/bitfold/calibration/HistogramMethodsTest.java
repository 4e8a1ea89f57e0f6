package dev.bitfold.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.quantizer.Quantizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Compares what is searched in a histogram with the formulas, written out over lists. */
class HistogramMethodsTest {
  private static long[] counts(Random random, int length) {
    long[] counts = new long[length];
    for (int i = 0; i < length; i++) {
      counts[i] = random.nextInt(3) == 0 ? 0 : (long) (1000 * Math.exp(-5.0 * i / length)) + 1;
    }
    return counts;
  }

  /** P is what is kept with the rest in its last bin; Q spreads each level over its used bins. */
  private static double divergence(long[] counts, int kept, int levels) {
    double all = LongStream.of(counts).sum();
    double[] q = new double[kept];
    double total = 0;
    for (int level = 0; level < levels; level++) {
      List<Integer> used = new ArrayList<>();
      double sum = 0;
      for (int bin = 0; bin < kept; bin++) {
        // The level of a bin is the one in whose part of the range its lower edge lies.
        boolean inside =
            bin >= (double) kept / levels * level
                && (level == levels - 1 || bin < (double) kept / levels * (level + 1));
        if (inside && counts[bin] > 0) {
          used.add(bin);
          sum += counts[bin];
        }
      }
      for (int bin : used) {
        q[bin] = sum / used.size();
        total += q[bin];
      }
    }
    double divergence = 0;
    for (int bin = 0; bin < kept; bin++) {
      double p = counts[bin];
      for (int i = kept; i < counts.length && bin == kept - 1; i++) {
        p += counts[i];
      }
      if (p > 0) {
        divergence += p / all * Math.log(p / all / (q[bin] / total));
      }
    }
    return divergence;
  }

  @Property(tries = 300)
  void divergenceIsTheFormulas(
      @ForAll long seed,
      @ForAll @IntRange(min = 4, max = 60) int length,
      @ForAll @IntRange(min = 1, max = 8) int levels) {
    Random random = new Random(seed);
    long[] counts = counts(random, length);
    int kept = Math.max(levels, 1 + random.nextInt(length));
    counts[0] = 5;
    if (kept <= length) {
      double expected = divergence(counts, kept, levels);
      double actual = Divergence.of(counts, kept, levels);
      assertEquals(expected, actual, Double.isInfinite(expected) ? 0 : 1e-9);
    }
  }

  @Test
  void ofNothingThereIsNoDivergence() {
    assertTrue(Double.isNaN(Divergence.of(new long[8], 4, 2)));
    assertEquals(128, Divergence.levels(new IntFormat(8, false, false)));
    assertEquals(256, Divergence.levels(new IntFormat(8, true, false)));
    assertEquals(0, Divergence.of(new long[] {3, 3, 3, 3}, 4, 2), "a level holds equal bins");
    // The last bin is kept for the tail alone, and none of its own is expected there.
    assertEquals(Double.POSITIVE_INFINITY, Divergence.of(new long[] {4, 0, 2}, 2, 1));
  }

  private static HistogramCalibrator observed(QuantDescriptor descriptor, long seed, int outliers) {
    HistogramCalibrator calibrator =
        (HistogramCalibrator) Calibrators.of(descriptor, Layout.UNKNOWN);
    Random random = new Random(seed);
    float[] values = new float[3000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < outliers; i++) {
      values[random.nextInt(values.length)] = 4 + 8 * random.nextFloat();
    }
    calibrator.observe(Nd4j.createFromArray(values));
    return calibrator;
  }

  private static long[] used(Histogram histogram) {
    long[] counts = histogram.counts().stream().mapToLong(c -> c).toArray();
    int used = counts.length;
    while (counts[used - 1] == 0) {
      used--;
    }
    return java.util.Arrays.copyOf(counts, used);
  }

  private static float edge(Histogram histogram, int kept) {
    return (float) Math.min(kept * histogram.width(), histogram.max());
  }

  @Property(tries = 40)
  void entropyTakesTheLastOfTheLeastDivergences(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 5) int bits,
      @ForAll @IntRange(min = 0, max = 30) int outliers,
      @ForAll boolean many) {
    QuantDescriptor descriptor =
        QuantDescriptor.builder().bits(bits).calib(Calib.ENTROPY).bins(many ? 1024 : 128).build();
    HistogramCalibrator calibrator = observed(descriptor, seed, outliers);
    Histogram histogram = calibrator.histogram();
    long[] counts = used(histogram);
    counts[0] = counts[1];
    int levels = 1 << (bits - 1);
    int stride = Math.max(1, counts.length / 256);
    double least = Double.POSITIVE_INFINITY;
    float amax = 0;
    for (int kept = counts.length; kept >= levels; kept -= stride) {
      double divergence = divergence(counts, kept, levels);
      if (divergence < least) {
        least = divergence;
        amax = edge(histogram, kept);
      }
    }
    assertEquals(amax, calibrator.entropy().getFloat());
  }

  private static double error(Histogram histogram, QuantDescriptor descriptor, float amax) {
    long[] counts = used(histogram);
    float[] centers = new float[counts.length];
    for (int i = 0; i < centers.length; i++) {
      centers[i] = (float) ((i + 0.5) * histogram.width());
    }
    float[] quantized =
        Quantizer.of(descriptor)
            .withAmax(Nd4j.scalar(amax))
            .quantize(Nd4j.createFromArray(centers))
            .toFloatVector();
    double error = 0;
    for (int i = 0; i < centers.length; i++) {
      error += counts[i] * Math.pow((double) quantized[i] - centers[i], 2);
    }
    return error;
  }

  /** The best of evenly spaced edges, then the best edge around it; of equal ones the largest. */
  @Property(tries = 12)
  void theSquaredErrorIsTheLeastAroundTheBestOfSomeEdges(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 20) int outliers, @ForAll boolean many) {
    QuantDescriptor descriptor =
        QuantDescriptor.builder().bits(4).calib(Calib.MSE).bins(many ? 512 : 128).build();
    HistogramCalibrator calibrator = observed(descriptor, seed, outliers);
    Histogram histogram = calibrator.histogram();
    int bins = used(histogram).length;
    int steps = Math.min(128, bins);
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 1; i <= steps; i++) {
      double error = error(histogram, descriptor, edge(histogram, bins * i / steps));
      if (error <= least) {
        least = error;
        best = bins * i / steps;
      }
    }
    int reach = bins / steps;
    least = Double.POSITIVE_INFINITY;
    float amax = 0;
    for (int kept = Math.max(1, best - reach); kept <= Math.min(bins, best + reach); kept++) {
      double error = error(histogram, descriptor, edge(histogram, kept));
      if (error <= least) {
        least = error;
        amax = edge(histogram, kept);
      }
    }
    assertEquals(amax, calibrator.mse().getFloat());
  }

  /** More candidates than are quantized at once. */
  @Test
  void errorsOfManyCandidatesAreWeightedSums() {
    QuantDescriptor descriptor =
        QuantDescriptor.builder().bits(4).narrowRange(true).axis(3).calib(Calib.MSE).build();
    assertEquals(
        QuantDescriptor.builder().bits(4).narrowRange(true).build(),
        GridError.formatOf(descriptor).build());
    float[] values = new float[20_000];
    long[] weights = new long[values.length];
    Random random = new Random(4);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 3;
      weights[i] = random.nextInt(5);
    }
    float[] amax = {0.5f, 1, 1.5f, 2, 2.5f, 3, 0};
    double[] errors = new GridError(descriptor, Kernels.active()).squared(values, weights, amax);
    assertEquals(amax.length, errors.length);
    for (int c = 0; c < amax.length; c++) {
      INDArray quantized =
          Quantizer.of(QuantDescriptor.builder().bits(4).narrowRange(true).build())
              .withAmax(Nd4j.scalar(amax[c]))
              .quantize(Nd4j.createFromArray(values));
      double expected = 0;
      for (int i = 0; i < values.length; i++) {
        expected += weights[i] * Math.pow((double) quantized.getFloat(i) - values[i], 2);
      }
      assertEquals(expected, errors[c], 1e-9 * expected, "amax " + amax[c]);
    }
  }
}
