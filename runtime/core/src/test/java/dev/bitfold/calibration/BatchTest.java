package dev.bitfold.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks what is counted of a batch, and what is said of one that cannot be. */
class BatchTest {
  private static INDArray of(long... shape) {
    return Tensors.normal(
        new Random(3), 1, java.util.Arrays.stream(shape).mapToInt(n -> (int) n).toArray());
  }

  @Test
  void theFirstValueThatIsNotFiniteIsNamedByItsIndices() {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.builder().axis(1).build());
    long[][] places = {{0, 0, 0}, {1, 2, 3}, {0, 2, 1}, {1, 0, 3}};
    for (long[] place : places) {
      INDArray x = of(2, 3, 4);
      x.putScalar(place, Float.NEGATIVE_INFINITY);
      x.putScalar(new long[] {1, 2, 3}, Float.NEGATIVE_INFINITY);
      assertEquals(
          "a batch of shape [2, 3, 4] holds -Infinity at " + java.util.Arrays.toString(place),
          assertThrows(
                  IllegalArgumentException.class, () -> Batch.of(quantizer, x, NonFinite.REFUSE))
              .getMessage());
    }
  }

  @Test
  void valuesThatAreLeftOutAreCountedByGroup() {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.builder().axis(1).build());
    INDArray x = Nd4j.createFromArray(new float[][] {{1, 2, 3}, {-4, Float.NaN, 0.5f}});
    x.putScalar(0, 1, Float.POSITIVE_INFINITY);
    Batch counted = Batch.of(quantizer, x, NonFinite.COUNT);
    assertArrayEquals(new long[] {0, 2, 0}, counted.leftOut());
    assertEquals(2, counted.nonFinite());
    assertEquals(4, counted.elements());
    assertArrayEquals(new float[] {4, 0, 3}, counted.amaxValues());
    assertArrayEquals(new float[] {1, 0, 3, -4, 0, 0.5f}, counted.copy());
    assertEquals(3, counted.groups().count());
    assertTrue(Float.isNaN(x.getFloat(1, 1)), "the batch is the user's");

    Batch kept = Batch.of(quantizer, x, NonFinite.KEEP);
    assertEquals(6, kept.elements());
    assertTrue(Float.isNaN(kept.amax().getFloat(1)));
    assertEquals(x, kept.dense());
  }

  @ParameterizedTest
  @EnumSource(Calib.class)
  void leftOutValuesAreNoZeros(Calib calib) {
    QuantDescriptor.Builder builder = QuantDescriptor.builder().calib(calib).bits(2);
    if (calib == Calib.PERCENTILE) {
      builder.percentile(50);
    }
    QuantDescriptor descriptor = builder.build();
    float nan = Float.NaN;
    INDArray with = Nd4j.createFromArray(nan, nan, nan, 1f, -2f, 3f, nan, 0.01f);
    INDArray without = Nd4j.createFromArray(1f, -2f, 3f, 0.01f);
    Calibrator counting = Calibrators.of(descriptor, Layout.UNKNOWN, NonFinite.COUNT);
    Calibrator plain = Calibrators.of(descriptor, Layout.UNKNOWN);
    counting.observe(with);
    plain.observe(without);
    assertEquals(plain.amax(), counting.amax());
    assertEquals(4, counting.elements());
    assertEquals(4, counting.nonFinite());
  }

  @Test
  void whatWasKeptIsReadBack() throws Exception {
    QuantDescriptor int8 = QuantDescriptor.bits(8);
    Calibrator keeping = Calibrators.of(int8, Layout.UNKNOWN, NonFinite.KEEP);
    keeping.observe(Nd4j.createFromArray(1f, Float.NaN));
    Calibrator restored = Calibrators.of(int8, Layout.UNKNOWN, NonFinite.KEEP);
    Tensors.read(restored, Tensors.written(keeping));
    assertTrue(Float.isNaN(restored.amax().getFloat()));
    assertThrows(
        java.io.IOException.class,
        () -> Tensors.read(Calibrators.of(int8, Layout.UNKNOWN), Tensors.written(keeping)));
  }

  @Test
  void leadingAxesOfOneMayComeAndGo() {
    QuantDescriptor perLast = QuantDescriptor.builder().axis(-1).build();
    Calibrator calibrator = Calibrators.of(perLast, Layout.UNKNOWN);
    calibrator.observe(Nd4j.createFromArray(new float[][] {{1, 2, 3}}));
    calibrator.observe(Nd4j.createFromArray(new float[][][] {{{4, 1, 1}}}));
    assertArrayEquals(new long[] {1, 3}, calibrator.amax().shape());
    assertArrayEquals(new float[] {4, 2, 3}, calibrator.amax().ravel().toFloatVector());
    assertEquals(
        "the amax of a batch has shape [1, 2], that of the earlier batches [1, 3]: axes that keep"
            + " scales must be as long in every batch",
        assertThrows(
                IllegalArgumentException.class,
                () -> calibrator.observe(Nd4j.createFromArray(new float[][] {{1, 2}})))
            .getMessage());
    assertEquals(6, calibrator.elements());
  }

  private static void refused(String why, QuantDescriptor descriptor, NonFinite nonFinite) {
    assertEquals(
        "calibrating " + descriptor + ": " + why,
        assertThrows(
                IllegalArgumentException.class,
                () -> Calibrators.of(descriptor, Layout.UNKNOWN, nonFinite))
            .getMessage());
  }

  @Test
  void calibratorsThatThereAreNotAreRefused() {
    String kept = "NaN and infinity can be kept with calib = MAX only";
    refused(kept, QuantDescriptor.builder().calib(Calib.MSE).build(), NonFinite.KEEP);
    refused(kept, QuantDescriptor.builder().affine(true).build(), NonFinite.KEEP);
    refused(
        "nothing to calibrate, its amax is given",
        QuantDescriptor.builder().amax(2).build(),
        NonFinite.REFUSE);
    HistogramCalibrator floats =
        (HistogramCalibrator)
            Calibrators.of(
                QuantDescriptor.builder().bits(4, 3).calib(Calib.MSE).build(), Layout.UNKNOWN);
    floats.observe(Nd4j.createFromArray(1f));
    assertTrue(
        String.valueOf(
                assertThrows(UnsupportedOperationException.class, floats::entropy).getMessage())
            .endsWith("entropy is defined for integer formats only"));
    for (double percentile : new double[] {0, -1, 100.01, Double.NaN}) {
      assertEquals(
          "percentile = " + percentile + ": it is above 0 and at most 100",
          assertThrows(IllegalArgumentException.class, () -> floats.percentile(percentile))
              .getMessage());
    }
  }
}
