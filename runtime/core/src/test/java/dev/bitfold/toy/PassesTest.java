package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Passes;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.reconstruction.ReconstructionOptions;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Calibrates on passes whose data are divided, shuffled and sent, and compares the bytes. */
@Tag("any-jdk")
class PassesTest {
  private final ToyStack stack = ToyStack.random(5, 16, 24, 8);
  private final List<INDArray> batches = ToyStack.batches(23, 9, 16);
  @TempDir Path folder;
  private int files;

  private Plan<ToyStack> plan() {
    return ToyStack.plan(stack)
        .describe(
            "**.x", (QuantDescriptor d) -> d.toBuilder().calib(Calib.PERCENTILE).bins(512).build());
  }

  private byte[] file(Calibration<ToyStack> calibration) throws IOException {
    Path path = folder.resolve("state" + files++);
    calibration.freeze().save(path);
    return Files.readAllBytes(path);
  }

  private static Calibration<ToyStack> all(Calibration<ToyStack> calibration) {
    return calibration.smoothQuant(SmoothQuantOptions.searchAlpha()).correctBiases();
  }

  private static <B> List<Passes<B>> divided(List<B> batches) {
    List<Passes<B>> some = new ArrayList<>();
    for (int shares : new int[] {1, 2, 4, 40}) {
      some.add(new SharedPasses<>(batches, shares, 20 + shares));
    }
    return some;
  }

  @Test
  void theStateFileIsTheSameForAnyNumberOfSharesInAnyOrder() throws IOException {
    byte[] local = file(all(plan().calibrate(Passes.of(batches), ToyStack::forward)));
    for (Passes<INDArray> passes : divided(batches)) {
      assertArrayEquals(local, file(all(plan().calibrate(passes, ToyStack::forward))));
    }
  }

  @Test
  void soIsThatOfMoreBatchesThanTheSampleHolds() throws IOException {
    List<INDArray> many = ToyStack.batches(150, 5, 16);
    byte[] local = file(all(plan().calibrate(Passes.of(many), ToyStack::forward)));
    for (Passes<INDArray> passes : divided(many)) {
      assertArrayEquals(local, file(all(plan().calibrate(passes, ToyStack::forward))));
    }
  }

  @Test
  void theScalesAreThoseOfBatchesInOrder() {
    var inOrder = plan().calibrate(batches, ToyStack::forward).freeze().summary();
    var passes =
        plan().calibrate(new SharedPasses<>(batches, 3, 1), ToyStack::forward).freeze().summary();
    for (String path : List.of("layers.0.x", "layers.1.x")) {
      assertEquals(
          inOrder.row(path).orElseThrow().amax(), passes.row(path).orElseThrow().amax(), path);
      assertEquals(
          inOrder.row(path).orElseThrow().decibels(),
          passes.row(path).orElseThrow().decibels(),
          path);
    }
  }

  @Test
  void diagnosisAndSensitivityAreTheSame() {
    Function<Passes<INDArray>, String> told =
        passes -> {
          Calibration<ToyStack> calibration = all(plan().calibrate(passes, ToyStack::forward));
          return calibration.diagnose().toJson() + calibration.sensitivity();
        };
    String local = told.apply(Passes.of(batches));
    for (Passes<INDArray> passes : divided(batches)) {
      assertEquals(local, told.apply(passes));
    }
  }

  @Test
  void accumulatorsDoNotGrowWithTheData() {
    List<Long> sizes = new ArrayList<>();
    for (int count : new int[] {200, 2000}) {
      List<INDArray> some =
          new AbstractList<>() {
            @Override
            public INDArray get(int i) {
              return ToyStack.normal(i, 3, 16);
            }

            @Override
            public int size() {
              return count;
            }
          };
      SharedPasses<INDArray> passes = new SharedPasses<>(some, 2, 3);
      plan().calibrate(passes, ToyStack::forward);
      sizes.add(passes.largest());
    }
    assertTrue(sizes.get(1) < 1.2 * sizes.get(0), sizes.toString());
  }

  @Test
  void aMovingAverageIsRefused() {
    Plan<ToyStack> ordered =
        plan()
            .describe(
                "layers.1.x",
                (QuantDescriptor d) ->
                    QuantDescriptor.builder().calib(Calib.MOVING_AVERAGE).build());
    var e =
        assertThrows(
            CalibrationException.class,
            () -> ordered.calibrate(Passes.of(batches), ToyStack::forward));
    assertTrue(e.getMessage().startsWith("layers.1.x (ToyDense"), e.getMessage());
    assertTrue(e.getMessage().contains("MOVING_AVERAGE depends on the order"), e.getMessage());
  }

  @Test
  void nanIsNamedByShareAndBatch() {
    List<INDArray> bad = new ArrayList<>(batches.subList(0, 3));
    bad.get(1).putScalar(2, 3, Float.NaN);
    var e =
        assertThrows(
            CalibrationException.class,
            () -> plan().calibrate(new SharedPasses<>(bad, 3, 1), ToyStack::forward));
    assertTrue(
        e.getMessage().matches("(lost )?share \\d, batch 0: layers.0.x .*the first at \\[2, 3]"),
        e.getMessage());
  }

  @Test
  void dataThatChangeBetweenPassesAreRefused() {
    List<INDArray> growing = new ArrayList<>(batches);
    Calibration<ToyStack> calibration =
        plan().calibrate(new SharedPasses<>(growing, 2, 1), ToyStack::forward);
    growing.add(ToyStack.normal(77, 2, 16));
    var e = assertThrows(CalibrationException.class, calibration::smoothQuant);
    assertTrue(e.getMessage().contains("the first pass found 23"), e.getMessage());
    growing.remove(23);
    growing.set(4, ToyStack.normal(78, 9, 16));
    e = assertThrows(CalibrationException.class, calibration::smoothQuant);
    assertTrue(e.getMessage().contains("as many with other values"), e.getMessage());
  }

  @Test
  void anArrayThatIsFilledAgainAndAgainIsRefused() {
    INDArray one = Nd4j.create(9, 16);
    Iterable<INDArray> refilled = () -> batches.stream().map(x -> one.assign(x)).iterator();
    var e =
        assertThrows(
            CalibrationException.class,
            () -> plan().calibrate(Passes.<INDArray>of(refilled), ToyStack::forward));
    assertTrue(e.getMessage().contains("fills one array again and again"), e.getMessage());
  }

  @Test
  void aForwardThatIsNotDeterministicIsNamedWithItsLayer() {
    Passes.Step<ToyStack, INDArray> noisy =
        (m, x) -> m.forward(x.add((System.nanoTime() % 1000) * 1e-3));
    var e =
        assertThrows(CalibrationException.class, () -> plan().calibrate(Passes.of(batches), noisy));
    assertTrue(e.getMessage().contains("not the same to the bit everywhere"), e.getMessage());
    assertTrue(e.getMessage().contains("the first to differ is layers.0"), e.getMessage());
  }

  @Test
  void reconstructionIsNotRunOnPassesAndSaysSo() {
    Calibration<ToyStack> calibration = plan().calibrate(Passes.of(batches), ToyStack::forward);
    var e =
        assertThrows(
            UnsupportedOperationException.class,
            () -> calibration.reconstruct(ReconstructionOptions.DEFAULT));
    assertTrue(e.getMessage().contains("not run on passes"), e.getMessage());
  }

  @Test
  void aSweepTriesEachAlphaOnAllBatches() {
    List<INDArray> many = ToyStack.batches(80, 4, 16);
    var inOrder =
        plan().calibrate(many, ToyStack::forward).smoothQuant(SmoothQuantOptions.sweepAlpha());
    for (int shares : new int[] {1, 3}) {
      var passes =
          plan()
              .calibrate(new SharedPasses<>(many, shares, 6), ToyStack::forward)
              .smoothQuant(SmoothQuantOptions.sweepAlpha());
      assertEquals(inOrder.alphaCurves().toString(), passes.alphaCurves().toString());
    }
  }

  @Test
  void noBatchesAreRefused() {
    var e =
        assertThrows(
            CalibrationException.class,
            () -> plan().calibrate(Passes.<INDArray>of(List.of()), ToyStack::forward));
    assertEquals("there are no calibration batches", e.getMessage());
  }

  @Test
  void aBatchForWhichSmoothingChangesTheModelIsFoundInAnyShare() {
    List<INDArray> some = new ArrayList<>(batches);
    some.add(ToyStack.normal(5, 2, 16));
    Passes.Step<ToyStack, INDArray> readsAWeight =
        (m, x) ->
            x.size(0) == 2
                ? m.forward(x).add(m.layers().get(0).weight().sumNumber().doubleValue())
                : m.forward(x);
    for (Passes<INDArray> passes : divided(some)) {
      Calibration<ToyStack> calibration = plan().calibrate(passes, readsAWeight);
      var e = assertThrows(CalibrationException.class, calibration::smoothQuant);
      assertTrue(e.getMessage().startsWith("smoothing changes the float model"), e.getMessage());
    }
  }
}
