package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.smoothquant.AlphaCurve;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Checks the result of the search for alpha, and what the proof refuses. */
@Tag("any-jdk")
class SmoothingTest {
  private final ToyNet net =
      new ToyNet(new ToyLinear(normal(1, 8, 12)), new ToyLinear(normal(2, 12, 4)));
  private final List<INDArray> batches =
      IntStream.range(0, 5).mapToObj(i -> outliers(normal(10 + i, 3, 7, 8))).toList();

  private static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(shape);
  }

  private static INDArray outliers(INDArray x) {
    return x.muli(Nd4j.createFromArray(1f, 1, 50, 1, 1, 1, 0, 1).reshape(1, 1, 8));
  }

  @Test
  void theChosenAlphaHasTheSmallestErrorOfItsLayerByAnIndependentCount() {
    Calibration<ToyNet> calibration = ToyNet.plan(net).calibrate(batches, ToyNet::forward);
    AlphaCurve curve =
        calibration.smoothQuant(SmoothQuantOptions.sweepAlpha()).alphaCurves().get("first");

    assertEquals(22, curve.alphas().size());
    for (int i = 0; i < 22; i++) {
      Alpha alpha = curve.alphas().get(i);
      ToyLinear layer =
          (alpha instanceof Alpha.Fixed fixed
                  ? calibration.smoothQuant(SmoothQuantOptions.alpha(fixed.value()))
                  : calibration)
              .freeze()
              .model()
              .first();
      double noise = 0;
      double signal = 0;
      for (INDArray x : batches) {
        INDArray expected = net.first().forward(x);
        noise +=
            expected.sub(layer.forward(x)).norm2Number().doubleValue()
                * expected.sub(layer.forward(x)).norm2Number().doubleValue();
        signal += expected.norm2Number().doubleValue() * expected.norm2Number().doubleValue();
      }
      assertEquals(Math.sqrt(noise / signal), curve.errors().get(i), 1e-5, "alpha " + alpha);
    }
    double least = curve.errors().stream().mapToDouble(e -> e).min().orElseThrow();
    assertEquals(least, curve.errors().get(curve.alphas().indexOf(curve.best())));
    assertTrue(least < curve.errors().get(0) / 3, "smoothing helps here");
  }

  @Test
  void aSmoothedLayerMultipliesItsInputByWhatItsWeightIsDividedBy() {
    ToyLinear smoothed =
        ToyNet.plan(net)
            .calibrate(batches, ToyNet::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze()
            .model()
            .first();
    INDArray x = batches.get(0);

    INDArray difference = Transforms.abs(net.first().forward(x).sub(smoothed.forward(x)));
    INDArray size = Transforms.abs(net.first().forward(x));
    assertTrue(
        difference.maxNumber().doubleValue() < 0.02 * size.maxNumber().doubleValue(),
        "the outputs stay near");
    INDArray ratio = smoothed.weight().norm2(1).div(net.first().weight().norm2(1));
    assertTrue(ratio.getDouble(2) > 5 * ratio.getDouble(1), "the outlier's weights have grown");
  }

  @Test
  void searchingInSmallPortionsOfTheDataGivesTheSameCurves() {
    Calibration<ToyNet> calibration = ToyNet.plan(net).calibrate(batches, ToyNet::forward);
    Calibration<ToyNet> onePerBatch =
        ToyNet.plan(net)
            .calibrate(
                List.of(0),
                (model, all) -> {
                  INDArray last = null;
                  for (INDArray x : batches) {
                    last = model.forward(x);
                  }
                  return last;
                });

    assertEquals(calibration.smoothQuant().alphaCurves(), onePerBatch.smoothQuant().alphaCurves());
    assertEquals(
        calibration.smoothQuant(SmoothQuantOptions.sweepAlpha()).alphaCurves(),
        onePerBatch.smoothQuant(SmoothQuantOptions.sweepAlpha()).alphaCurves());
  }

  @Test
  void aLayerBehindAQuantizedOneThatIsNotSmoothedStillSeesItsFloatInputs() {
    AlphaCurve alone =
        ToyNet.plan(net)
            .skip("first.x")
            .calibrate(batches, ToyNet::forward)
            .smoothQuant()
            .alphaCurves()
            .get("second");
    AlphaCurve together =
        ToyNet.plan(net)
            .calibrate(batches, ToyNet::forward)
            .smoothQuant()
            .alphaCurves()
            .get("second");

    assertEquals(together.errors(), alone.errors());
    assertEquals(together.best(), alone.best());
  }

  @Test
  void aLayerThatOnlyOneOfManyBatchesReachesIsSearchedOnIt() {
    List<INDArray> many = IntStream.range(0, 40).mapToObj(i -> normal(i, 150, 8)).toList();
    INDArray rare = outliers(normal(99, 1, 150, 8)).reshape(150, 8);
    List<INDArray> all = new ArrayList<>(many);
    all.set(37, rare);
    Calibration<ToyNet> calibration =
        ToyNet.plan(net)
            .calibrate(all, (m, x) -> x == rare ? m.forward(x) : m.second().forward(wide(x)));

    AlphaCurve first = calibration.smoothQuant().alphaCurves().get("first");

    assertTrue(first.errors().get(0) > 0, "off was judged: " + first);
    assertTrue(!first.best().isOff(), "it needs smoothing: " + first);
  }

  private static INDArray wide(INDArray x) {
    return Nd4j.concat(1, x, x).get(NDArrayIndex.all(), NDArrayIndex.interval(0, 12)).dup();
  }

  @Test
  void aModelThatReadsTheWeightBesidesTheLayerIsRefused() {
    ToyNet sneaky = net;
    CalibrationException e =
        assertThrows(
            CalibrationException.class,
            () ->
                ToyNet.plan(sneaky)
                    .calibrate(batches, (m, x) -> m.forward(x).add(m.first().weight().sumNumber()))
                    .smoothQuant(SmoothQuantOptions.alpha(0.9)));

    assertTrue(e.getMessage().contains("smoothing changes the float model"), e.getMessage());
  }

  @Test
  void aLayerThatTheDataNeverReachesCannotBeSmoothed() {
    CalibrationException e =
        assertThrows(
            CalibrationException.class,
            () ->
                ToyNet.plan(net).calibrate(batches, (m, x) -> m.first().forward(x)).smoothQuant());

    assertTrue(e.getMessage().contains("second.x"), e.getMessage());
  }

  @Test
  void smoothingWithoutAMarkedLayerIsRefused() {
    var plan = ToyNet.plan(net).using(dev.bitfold.descriptor.Recipe.INT8);

    assertThrows(
        IllegalStateException.class, () -> plan.calibrate(batches, ToyNet::forward).smoothQuant());
  }
}
