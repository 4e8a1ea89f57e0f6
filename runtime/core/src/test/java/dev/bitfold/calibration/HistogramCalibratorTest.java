package dev.bitfold.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

@Tag("slow")
@net.jqwik.api.Tag("slow")
@Tag("any-jdk")
@net.jqwik.api.Tag("any-jdk")
class HistogramCalibratorTest {
  private static HistogramCalibrator histogram(QuantDescriptor.Builder descriptor) {
    return (HistogramCalibrator) Calibrators.of(descriptor.build(), Layout.UNKNOWN);
  }

  private static QuantDescriptor.Builder percentile() {
    return QuantDescriptor.builder().calib(Calib.PERCENTILE);
  }

  @Property(tries = 200)
  void aPercentileLeavesOutAtMostItsShareAndNoBinTooMany(
      @ForAll long seed, @ForAll @DoubleRange(min = 1, max = 100) double percentile) {
    HistogramCalibrator calibrator = histogram(percentile().bins(256));
    float[] magnitudes = new float[0];
    for (INDArray x : Tensors.batches(seed, 4, 7, 31)) {
      calibrator.observe(x);
      float[] more = Batch.floats(x);
      int from = magnitudes.length;
      magnitudes = Arrays.copyOf(magnitudes, from + more.length);
      for (int i = 0; i < more.length; i++) {
        magnitudes[from + i] = Math.abs(more[i]);
      }
    }
    Arrays.sort(magnitudes);
    float amax = calibrator.percentile(percentile).getFloat();
    float largest = magnitudes[magnitudes.length - 1];
    double wanted = magnitudes.length * (percentile / 100);
    assertTrue(notAbove(magnitudes, amax) >= wanted - 1e-6);
    // The largest value is in the upper half of the range, so that a bin is at most 1/128 of it.
    assertTrue(notAbove(magnitudes, amax - largest / 128) <= wanted + 1e-6);
    assertEquals(largest, calibrator.percentile(100).getFloat());
  }

  private static long notAbove(float[] sorted, float bound) {
    return java.util.stream.IntStream.range(0, sorted.length)
        .filter(i -> sorted[i] <= bound)
        .count();
  }

  @Property(tries = 15)
  void aChannelsAmaxIsThatOfTheChannelAlone(@ForAll long seed) {
    List<INDArray> data = Tensors.batches(seed, 3, 4, 5, 6);
    for (Calib method : new Calib[] {Calib.PERCENTILE, Calib.MSE, Calib.ENTROPY}) {
      for (int axis = 0; axis < 3; axis++) {
        QuantDescriptor.Builder d = QuantDescriptor.builder().bits(4).calib(method).bins(256);
        HistogramCalibrator all = histogram(d.axis(axis));
        data.forEach(all::observe);
        for (int c = 0; c < data.get(0).size(axis); c++) {
          HistogramCalibrator alone = histogram(d.axis());
          for (INDArray x : data) {
            alone.observe(x.slice(c, axis));
          }
          assertEquals(alone.amax().getFloat(), all.amax().ravel().getFloat(c));
        }
      }
    }
  }

  @Property(tries = 20)
  void viewsAreReadAsTheyAre(@ForAll long seed) {
    INDArray x = Tensors.batches(seed, 1, 6, 8, 4).get(0);
    INDArray[] views = {
      x.permute(2, 0, 1),
      x.get(NDArrayIndex.interval(1, 5), NDArrayIndex.all(), NDArrayIndex.interval(0, 2, 4)),
      x.dup('f'),
      x.castTo(DataType.DOUBLE)
    };
    for (INDArray view : views) {
      HistogramCalibrator ofView = histogram(percentile().axis(1));
      HistogramCalibrator ofCopy = histogram(percentile().axis(1));
      ofView.observe(view);
      ofCopy.observe(view.castTo(DataType.FLOAT).dup('c'));
      assertArrayEquals(Tensors.written(ofCopy), Tensors.written(ofView));
    }
  }

  @Property(tries = 8)
  void noBinEdgeHasAMuchSmallerErrorThanTheOneFound(@ForAll long seed) {
    INDArray x = Tensors.normal(new Random(seed), 1, 3000);
    x.putScalar(7, 40f);
    HistogramCalibrator calibrator =
        histogram(QuantDescriptor.builder().bits(4).calib(Calib.MSE).bins(512));
    calibrator.observe(x);
    double found = error(x, calibrator.amax().getFloat());
    double best = Double.POSITIVE_INFINITY;
    for (int edge = 1; edge <= 640; edge++) {
      best = Math.min(best, error(x, edge / 16f));
    }
    assertTrue(found <= best * 1.02, found + " after " + best);
  }

  private static double error(INDArray x, float amax) {
    INDArray quantized =
        Quantizer.of(QuantDescriptor.bits(4)).withAmax(Nd4j.scalar(amax)).quantize(x);
    return x.squaredDistance(quantized);
  }

  @Test
  void entropyCutsOutliersThatMaxKeeps() {
    INDArray x = Tensors.normal(new Random(5), 1, 100_000);
    x.putScalar(3, 50f);
    HistogramCalibrator calibrator = histogram(QuantDescriptor.builder().calib(Calib.ENTROPY));
    calibrator.observe(x);
    float amax = calibrator.amax().getFloat();
    assertTrue(amax > 2.5 && amax < 10, "amax " + amax);
    assertEquals(50f, calibrator.percentile(100).getFloat());
  }

  @Test
  void constantsZerosAndSingleValuesHaveAnAmax() {
    for (Calib method : new Calib[] {Calib.PERCENTILE, Calib.MSE, Calib.ENTROPY}) {
      for (float value : new float[] {0f, 1f, -3.7f, Float.MIN_VALUE, Float.MAX_VALUE, 1e-30f}) {
        HistogramCalibrator constant = histogram(QuantDescriptor.builder().calib(method));
        constant.observe(Nd4j.valueArrayOf(new long[] {3, 4}, value));
        HistogramCalibrator single = histogram(QuantDescriptor.builder().calib(method));
        single.observe(Nd4j.scalar(value));
        float amax = constant.amax().getFloat();
        assertTrue(
            Math.abs(amax - Math.abs(value)) <= 0.01 * Math.abs(value),
            method + " " + value + " " + amax);
        assertEquals(Math.abs(value), single.percentile(100).getFloat());
        assertArrayEquals(new long[0], single.amax().shape());
      }
    }
  }

  @Test
  void anEmptyBatchChangesNothing() {
    HistogramCalibrator calibrator = histogram(percentile());
    calibrator.observe(Nd4j.create(DataType.FLOAT, 0, 4));
    assertTrue(
        assertThrows(IllegalStateException.class, calibrator::amax)
            .toString()
            .contains("nothing was observed"));
    calibrator.observe(Nd4j.createFromArray(1f, -2f));
    calibrator.observe(Nd4j.create(DataType.FLOAT, 0, 4));
    assertEquals(2, calibrator.elements());
    assertEquals(2f, calibrator.amax().getFloat());
  }

  @Test
  void nonFiniteValuesAreRefusedOrCountedAndLeftOut() {
    INDArray bad =
        Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, Float.NaN, Float.NEGATIVE_INFINITY}});
    HistogramCalibrator refusing = histogram(percentile());
    String thrown =
        assertThrows(IllegalArgumentException.class, () -> refusing.observe(bad)).toString();
    assertTrue(thrown.contains("shape [2, 3] holds NaN at [1, 1]"), thrown);
    assertThrows(IllegalStateException.class, refusing::amax);

    QuantDescriptor perColumn = percentile().axis(1).build();
    Calibrator counting = Calibrators.of(perColumn, Layout.UNKNOWN, NonFinite.COUNT);
    counting.observe(bad);
    assertEquals(2, counting.nonFinite());
    assertEquals(4, counting.elements());
    assertArrayEquals(new float[] {4, 2, 3}, counting.amax().ravel().toFloatVector());
    assertTrue(Float.isNaN(bad.getFloat(1, 1)));
  }

  @Test
  void theRangeGrowsWithoutBoundAndTheCountsAreKept() {
    HistogramCalibrator calibrator = histogram(percentile().bins(128));
    for (int e = -149; e <= 127; e++) {
      calibrator.observe(Nd4j.scalar((float) Math.scalb(1.0, e)));
    }
    assertEquals(277, calibrator.elements());
    assertEquals(0x1p127f, calibrator.amax().getFloat());
    // 276 of 277 values are below 2^127; a bin of the octave that begins at 2^126 is 2^119 wide.
    assertEquals(0x1p126f + 0x1p119f, calibrator.percentile(100.0 * 276 / 277 - 1e-9).getFloat());
  }

  @Test
  void tenThousandBatchesFitInASmallHeap() throws Exception {
    Process process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-Xmx48m",
                "-cp",
                System.getProperty("java.class.path"),
                ManyBatches.class.getName())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertTrue(output.contains("observed 10000 batches"), output);
  }
}
