package dev.bitfold.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.parity.ModelOptHistogramCalibrator;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CalibratorsTest {
  @Test
  void axesAreFoundByLetterInBatchesOfAnyRank() {
    QuantDescriptor descriptor = QuantDescriptor.builder().per("C").build();
    Calibrator calibrator = Calibrators.of(descriptor, new Layout("…C"));
    calibrator.observe(Nd4j.createFromArray(new float[][] {{1, -2}, {3, 0}}));
    calibrator.observe(Nd4j.createFromArray(new float[][][] {{{0, -7}}}));
    assertArrayEquals(new long[] {1, 2}, calibrator.amax().shape());
    assertArrayEquals(new float[] {3, 7}, calibrator.amax().ravel().toFloatVector());
    String thrown =
        assertThrows(
                IllegalArgumentException.class,
                () -> calibrator.observe(Nd4j.create(DataType.FLOAT, 2, 3)))
            .toString();
    assertTrue(thrown.contains("[1, 3]") && thrown.contains("[1, 2]"), thrown);
    assertArrayEquals(new float[] {3, 7}, calibrator.amax().ravel().toFloatVector());
  }

  @Test
  void blocksAreCalibratedWithMax() {
    QuantDescriptor.Builder blocks =
        QuantDescriptor.builder().blockSizes(BlockSize.axis(-1, 2)).bits(4);
    Calibrator calibrator = Calibrators.of(blocks.build(), Layout.UNKNOWN);
    calibrator.observe(Nd4j.createFromArray(new float[][] {{1, -2, 3}, {4, 5, -6}}));
    assertEquals(Nd4j.createFromArray(new float[][] {{2, 3}, {5, 6}}), calibrator.amax());
  }

  @Test
  void aMovingAverageFollowsTheBatchesInOrder() {
    QuantDescriptor descriptor = QuantDescriptor.builder().calib(Calib.MOVING_AVERAGE).build();
    Calibrator calibrator = Calibrators.of(descriptor, Layout.UNKNOWN);
    for (float value : new float[] {10, -20, 50}) {
      calibrator.observe(Nd4j.scalar(value));
    }
    double expected = 10 + 0.1 * (20 - 10);
    expected += 0.1 * (50 - expected);
    assertEquals((float) expected, calibrator.amax().getFloat());
  }

  @Test
  void anAffineRangeHasTwoEnds() {
    QuantDescriptor descriptor = QuantDescriptor.builder().affine(true).axis(0).build();
    RangeCalibrator calibrator = (RangeCalibrator) Calibrators.of(descriptor, Layout.UNKNOWN);
    calibrator.observe(Nd4j.createFromArray(new float[][] {{1, 2}, {-3, -1}}));
    calibrator.observe(Nd4j.createFromArray(new float[][] {{5, 4}, {-2, -2}}));
    assertArrayEquals(new float[] {1, -3}, calibrator.min().ravel().toFloatVector());
    assertArrayEquals(new float[] {5, -1}, calibrator.max().ravel().toFloatVector());
    assertArrayEquals(new float[] {5, 3}, calibrator.amax().ravel().toFloatVector());
  }

  @Test
  void anAffinePercentileCutsHalfAtEachEnd() {
    QuantDescriptor.Builder d =
        QuantDescriptor.builder().affine(true).calib(Calib.PERCENTILE).percentile(98);
    for (float shift : new float[] {0, 100, -100}) {
      RangeCalibrator calibrator = (RangeCalibrator) Calibrators.of(d.build(), Layout.UNKNOWN);
      INDArray x = Nd4j.arange(-500, 500).castTo(DataType.FLOAT).div(50).add(shift);
      calibrator.observe(x);
      // 1 % of 1000 values at each end, to a bin: 1/1024 of the largest magnitude at most.
      double bin = x.amaxNumber().doubleValue() / 1024;
      assertEquals(-9.8 + shift, calibrator.min().getDouble(), bin + 0.03);
      assertEquals(9.78 + shift, calibrator.max().getDouble(), bin + 0.03);
    }
    RangeCalibrator whole =
        (RangeCalibrator) Calibrators.of(d.percentile(100).build(), Layout.UNKNOWN);
    INDArray x = Tensors.normal(new Random(2), 3, 1000);
    whole.observe(x);
    assertEquals(x.maxNumber().floatValue(), whole.max().getFloat());
    assertEquals(x.minNumber().floatValue(), whole.min().getFloat());
    assertEquals(x.amaxNumber().floatValue(), whole.amax().getFloat());
  }

  @Test
  void dynamicBlocksUnderAnE4m3ScaleNeedTheAmaxOfTheTensor() {
    QuantDescriptor nvfp4 =
        QuantDescriptor.builder()
            .bits(2, 1)
            .blockSizes(BlockSize.axis(-1, 16))
            .scaleBits(4, 3)
            .dynamic(true)
            .build();
    Calibrator calibrator = Calibrators.of(nvfp4, Layout.UNKNOWN);
    calibrator.observe(Nd4j.createFromArray(new float[][] {{1, -9}, {2, 3}}));
    assertEquals(Nd4j.scalar(9f), calibrator.amax());
  }

  @Test
  void whatCannotBeCalibratedIsRefused() {
    QuantDescriptor.Builder int8 = QuantDescriptor.builder();
    refused("its scale comes from each tensor", int8.dynamic(true).build());
    refused("its amax is given", QuantDescriptor.builder().amax(2).build());
    QuantDescriptor perChannel = QuantDescriptor.builder().per("C").build();
    String noLayout =
        assertThrows(
                InvalidDescriptorException.class, () -> Calibrators.of(perChannel, Layout.UNKNOWN))
            .toString();
    assertTrue(noLayout.contains("no layout"), noLayout);
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Calibrators.of(
                QuantDescriptor.builder().calib(Calib.MSE).build(),
                Layout.UNKNOWN,
                NonFinite.KEEP));
    Calibrator calibrator = Calibrators.of(QuantDescriptor.bits(8), Layout.UNKNOWN);
    assertThrows(
        IllegalArgumentException.class, () -> calibrator.observe(Nd4j.createFromArray(1, 2)));
    Calibrator tooMany =
        Calibrators.of(
            QuantDescriptor.builder().calib(Calib.MSE).bins(65_536).axis(0).build(),
            Layout.UNKNOWN);
    assertEquals(
        "100000 histograms of 65536 bins would take 50000 MiB: use fewer bins, fewer scales or calib ="
            + " MAX",
        assertThrows(
                IllegalArgumentException.class,
                () -> tooMany.observe(Nd4j.create(DataType.FLOAT, 100_000, 1)))
            .getMessage());
    assertThrows(IllegalStateException.class, tooMany::amax);
  }

  private static void refused(String part, QuantDescriptor descriptor) {
    String thrown =
        assertThrows(
                IllegalArgumentException.class, () -> Calibrators.of(descriptor, Layout.UNKNOWN))
            .toString();
    assertTrue(thrown.contains(part), thrown);
  }

  @Test
  void thePeersHistogramRefusesToGrowWithoutBound() {
    QuantDescriptor descriptor = QuantDescriptor.builder().calib(Calib.PERCENTILE).build();
    for (boolean torch : new boolean[] {true, false}) {
      ModelOptHistogramCalibrator calibrator =
          torch
              ? ModelOptHistogramCalibrator.torch(descriptor, 128, false)
              : ModelOptHistogramCalibrator.numpy(descriptor, 128, false);
      calibrator.observe(Nd4j.createFromArray(0, 1e-6f));
      String thrown =
          assertThrows(
                  IllegalStateException.class, () -> calibrator.observe(Nd4j.createFromArray(1f)))
              .toString();
      assertTrue(thrown.contains("bins to reach 1.0"), thrown);
      assertInstanceOf(INDArray.class, calibrator.amax());
      assertEquals(2, calibrator.elements());
      ModelOptHistogramCalibrator zeros = ModelOptHistogramCalibrator.torch(descriptor, 128, false);
      zeros.observe(Nd4j.createFromArray(0f));
      assertThrows(IllegalStateException.class, () -> zeros.observe(Nd4j.createFromArray(1f)));
    }
  }
}
