package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.calibration.Progress;
import dev.bitfold.onnx.proof.ProofResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What stays float is searched under a budget. */
class OnnxSearchTest {
  private static final Progress.Listener SILENT = progress -> {};

  private static HeldOut heldOut() {
    return new HeldOut("three others", PointsTest.batches(6).subList(3, 6));
  }

  @Test
  void bestMeetsItsBoundAndIsProved(@TempDir Path folder) throws IOException {
    try (OnnxModel model = PointsTest.open()) {
      Calibration<OnnxModel> calibration = PointsTest.calibrated(model);
      OnnxSearch found = OnnxModel.within(calibration, OnnxBudget.snr(40), heldOut(), SILENT);
      assertTrue(found.met(), found::toString);
      assertTrue(found.best().measured().decibels() >= 40);
      // Everything quantized is worse, so some of it is float now.
      OnnxSearch coarse =
          OnnxModel.within(calibration, OnnxBudget.bytes(1 << 20), heldOut(), SILENT);
      assertFalse(found.floats().isEmpty());
      assertTrue(coarse.met());
      assertInstanceOf(
          ProofResult.Proved.class,
          OnnxModel.export(found.calibration().freeze(), folder.resolve("best.onnx")).proof());
    }
  }

  @Test
  void bestSoFarIsOnTheDiskWithItsCertificate(@TempDir Path folder) throws IOException {
    try (OnnxModel model = PointsTest.open()) {
      Path soFar = folder.resolve("so-far.onnx");
      OnnxSearch found =
          OnnxModel.within(
              PointsTest.calibrated(model), OnnxBudget.snr(40), heldOut(), SILENT, soFar);
      assertEquals(found.certificate(), OnnxCertificate.of(soFar).orElseThrow());
      assertEquals(found.best().measured().bytes(), Files.size(soFar));
    }
  }

  @Test
  void bytesAreKept() throws IOException {
    try (OnnxModel model = PointsTest.open()) {
      Calibration<OnnxModel> calibration = PointsTest.calibrated(model);
      List<String> stages = new ArrayList<>();
      OnnxSearch all =
          OnnxModel.within(
              calibration, OnnxBudget.snr(1), heldOut(), done -> stages.add(done.stage()));
      OnnxSearch small = OnnxModel.within(calibration, OnnxBudget.bytes(14_000), heldOut(), SILENT);
      assertTrue(small.best().measured().bytes() <= 14_000, small::toString);
      assertTrue(small.met());
      assertTrue(all.front().size() >= 2, all.front()::toString);
      assertTrue(stages.contains("measuring"));
    }
  }

  @Test
  void unmetBudgetKeepsTheBest() throws IOException {
    try (OnnxModel model = PointsTest.open()) {
      OnnxSearch found =
          OnnxModel.within(PointsTest.calibrated(model), OnnxBudget.time(1e-6), heldOut(), SILENT);
      assertFalse(found.met());
      assertTrue(found.toString().startsWith("time<=1.0E-6 is not met; the best is "));
      assertEquals(found.best(), found.tried().get(found.tried().indexOf(found.best())));
    }
  }

  @Test
  void timesThatScatterAreSaidAndBytesCountInTheirPlace() throws IOException {
    try (OnnxModel model = PointsTest.open()) {
      Calibration<OnnxModel> calibration = PointsTest.calibrated(model);
      OnnxBudget budget = OnnxBudget.snr(20).and(OnnxBudget.time(5));
      OnnxSearch found = BudgetRun.of(calibration, budget, heldOut(), null).search(SILENT, -1);
      assertTrue(found.warnings().get(0).startsWith("times scatter here: "), found::toString);
      // The float file would be the fastest.
      long floats = PointsTest.network().bytes().length;
      assertTrue(found.best().measured().bytes() < floats, found::toString);
      assertTrue(found.met(), found::toString);
    }
  }

  @Test
  void dataThatWasCalibratedOnOrIsOneBatchIsSaid() throws IOException {
    try (OnnxModel model = PointsTest.open()) {
      Calibration<OnnxModel> calibration = PointsTest.calibrated(model);
      OnnxBudget budget = OnnxBudget.bytes(1 << 20);
      HeldOut same = new HeldOut("the same", PointsTest.batches(3));
      OnnxSearch known = OnnxModel.within(calibration, budget, same, SILENT);
      assertTrue(said(known, "data that was calibrated on"), known.warnings()::toString);
      HeldOut one = new HeldOut("one", heldOut().batches().subList(0, 1));
      OnnxSearch alone = OnnxModel.within(calibration, budget, one, SILENT);
      assertTrue(said(alone, "one batch alone"), alone.warnings()::toString);
      OnnxSearch others = OnnxModel.within(calibration, budget, heldOut(), SILENT);
      assertFalse(said(others, "other data may give"), others.warnings()::toString);
    }
  }

  @Test
  void batchesThatAreTooLargeToKeepAreMeasuredOnHeldOutData() throws IOException {
    INDArray large = Nd4j.rand(DataType.FLOAT, 5500, 3, 16, 16);
    try (OnnxModel model = PointsTest.open()) {
      Calibration<OnnxModel> calibration =
          model.plan().calibrate(List.of(Map.of("image", large)), OnnxModel::forward);
      OnnxBudget budget = OnnxBudget.bytes(13_000);
      OnnxSearch found = OnnxModel.within(calibration, budget, heldOut(), SILENT);
      assertTrue(found.met(), found::toString);
    }
  }

  private static boolean said(OnnxSearch search, String words) {
    return search.warnings().stream().anyMatch(warning -> warning.contains(words));
  }

  @Test
  void smoothedCalibrationAndNoDataAreRefused() throws IOException {
    try (OnnxModel model = PointsTest.open()) {
      Calibration<OnnxModel> calibration = PointsTest.calibrated(model);
      OnnxBudget budget = OnnxBudget.snr(20);
      assertThrows(
          IllegalArgumentException.class,
          () -> OnnxModel.within(calibration, budget, new HeldOut("none", List.of()), SILENT));
      Calibration<OnnxModel> smooth = PointsTest.smoothed(model);
      assertThrows(
          IllegalArgumentException.class,
          () -> OnnxModel.within(smooth, budget, heldOut(), SILENT));
    }
  }
}
