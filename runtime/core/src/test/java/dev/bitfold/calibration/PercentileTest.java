package dev.bitfold.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Compares percentiles of data with extreme outliers with the sorted values. */
class PercentileTest {
  private static final double BIN = 1 / 128.0;

  private static QuantDescriptor.Builder percentile(double percentile) {
    return QuantDescriptor.builder().calib(Calib.PERCENTILE).percentile(percentile);
  }

  /** Normal values, of which some are larger by up to 30 orders of magnitude. */
  private static float[] values(Random random, int outliers) {
    float[] values = new float[2000];
    float size = (float) Math.pow(10, 12 * random.nextDouble() - 6);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * size;
    }
    for (int i = 0; i < outliers; i++) {
      double far = Math.pow(10, 30 * random.nextDouble()) * (random.nextBoolean() ? 1 : -1);
      values[random.nextInt(values.length)] = (float) far;
    }
    return values;
  }

  /** One calibrator that sees all, and others that are merged in any order, must agree. */
  private static Calibrator observed(QuantDescriptor descriptor, float[] values, Random random) {
    List<INDArray> batches = new ArrayList<>();
    for (int from = 0; from < values.length; ) {
      int to = Math.min(values.length, from + 1 + random.nextInt(900));
      batches.add(Nd4j.createFromArray(Arrays.copyOfRange(values, from, to)));
      from = to;
    }
    Calibrator whole = Calibrators.of(descriptor, Layout.UNKNOWN);
    whole.observe(Nd4j.createFromArray(values));
    List<Calibrator> parts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      parts.add(Calibrators.of(descriptor, Layout.UNKNOWN));
    }
    Collections.shuffle(batches, random);
    batches.forEach(batch -> parts.get(random.nextInt(3)).observe(batch));
    Collections.shuffle(parts, random);
    parts.get(1).merge(parts.get(2));
    parts.get(0).merge(parts.get(1));
    assertArrayEquals(Tensors.written(whole), Tensors.written(parts.get(0)));
    assertEquals(whole.amax(), parts.get(0).amax());
    return parts.get(0);
  }

  @Property(tries = 150)
  void isExactToABinWhateverLiesBeyond(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 12) int outliers,
      @ForAll @DoubleRange(min = 50, max = 100) double percentile,
      @ForAll boolean few) {
    Random random = new Random(seed);
    float[] values = values(random, outliers);
    QuantDescriptor descriptor = percentile(percentile).bins(few ? 128 : 2048).build();
    float amax = observed(descriptor, values, random).amax().getFloat();
    float[] sorted = new float[values.length];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = Math.abs(values[i]);
    }
    Arrays.sort(sorted);
    double wanted = sorted.length * (percentile / 100);
    float exact = sorted[Math.max(0, (int) Math.ceil(wanted) - 1)];
    assertTrue(amax >= exact && amax <= exact * (1 + BIN), amax + " for " + exact);
  }

  @Property(tries = 150)
  void endsOfARangeAreExactToABinWhateverLiesBeyond(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 12) int outliers,
      @ForAll @DoubleRange(min = 50, max = 100) double percentile,
      @ForAll @DoubleRange(min = -9, max = 9) double shift) {
    Random random = new Random(seed);
    float[] values = values(random, outliers);
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) shift;
    }
    QuantDescriptor descriptor = percentile(percentile).affine(true).build();
    RangeCalibrator calibrator = (RangeCalibrator) observed(descriptor, values, random);
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    int cut = (int) Math.floor(sorted.length * ((1 - percentile / 100) / 2));
    isOutside(sorted[sorted.length - 1 - cut], calibrator.max().getFloat());
    isOutside(-sorted[cut], -calibrator.min().getFloat());
  }

  /** Not below the exact end, and at most a bin above. */
  private static void isOutside(float exact, float end) {
    assertTrue(end >= exact && end <= exact + Math.abs(exact) * BIN, end + " for " + exact);
  }

  @Test
  void ofAMillionValuesIsNotMovedByOne() {
    float[] values = new float[1_000_000];
    Random random = new Random(3);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    float alone = amax(values);
    for (float outlier : new float[] {1e4f, 1e6f, -1e30f, Float.MAX_VALUE}) {
      values[777_777] = outlier;
      assertEquals(alone, amax(values), 0.02 * alone, "beside " + outlier);
    }
  }

  private static float amax(float[] values) {
    Calibrator calibrator = Calibrators.of(percentile(99.9).build(), Layout.UNKNOWN);
    calibrator.observe(Nd4j.createFromArray(values));
    return calibrator.amax().getFloat();
  }

  @Test
  void leavesZerosOutThatStandForNaN() {
    QuantDescriptor descriptor = percentile(50).build();
    Calibrator calibrator = Calibrators.of(descriptor, Layout.UNKNOWN, NonFinite.COUNT);
    float nan = Float.NaN;
    calibrator.observe(Nd4j.createFromArray(nan, nan, nan, nan, 1, 2, 1e6f));
    assertEquals(2, calibrator.amax().getFloat(), 2 * BIN);
  }

  @Test
  void statisticsOfAnotherFormAreRefused() {
    Calibrator calibrator = Calibrators.of(percentile(99).build(), Layout.UNKNOWN);
    calibrator.observe(Nd4j.createFromArray(1f, 2f));
    byte[] written = Tensors.written(calibrator);
    Calibrator other = Calibrators.of(percentile(99).build(), Layout.UNKNOWN);
    assertThrows(
        IOException.class, () -> Tensors.read(other, Arrays.copyOf(written, written.length - 1)));
    // The last count of the last octave is before the mark that ends them.
    byte[] negative = written.clone();
    negative[negative.length - 9] = (byte) 0x80;
    assertTrue(
        assertThrows(IOException.class, () -> Tensors.read(other, negative))
            .toString()
            .contains("damaged"));
  }
}
