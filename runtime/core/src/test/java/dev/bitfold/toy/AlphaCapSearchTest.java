package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.smoothquant.AlphaCap;
import dev.bitfold.smoothquant.AlphaCurve;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks the choice that ends the search for alpha: at the model's output. */
class AlphaCapSearchTest {
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

  private Calibration<ToyNet> calibrated() {
    // The second layer's input then is not quantized, so the first one's alpha is all there is.
    return ToyNet.plan(net).skip("second").calibrate(batches, ToyNet::forward);
  }

  private double error(ToyNet quantized) {
    double noise = 0;
    double signal = 0;
    for (INDArray x : batches) {
      float[] expected = net.forward(x).dup('c').data().asFloat();
      float[] actual = quantized.forward(x).dup('c').data().asFloat();
      for (int i = 0; i < expected.length; i++) {
        noise += Math.pow((double) actual[i] - expected[i], 2);
        signal += Math.pow(expected[i], 2);
      }
    }
    return Math.sqrt(noise / signal);
  }

  @Test
  void theErrorsAreThoseOfTheModelsThatTheCapsWouldGive() {
    Calibration<ToyNet> calibration = calibrated();
    Calibration<ToyNet> smoothed = calibration.smoothQuant();
    AlphaCap cap = smoothed.freeze().summary().alphaCap().orElseThrow();
    AlphaCurve curve = smoothed.alphaCurves().get("first");

    assertTrue(cap.caps().size() >= 3, "" + cap);
    for (int i = 0; i < cap.caps().size(); i++) {
      double most = cap.caps().get(i).fixed().orElse(-1);
      Alpha best = curve.alphas().get(0);
      for (int k = 0; k < curve.alphas().size(); k++) {
        Alpha alpha = curve.alphas().get(k);
        boolean allowed = alpha.fixed().orElse(-1) <= most;
        if (allowed && curve.errors().get(k) < curve.errors().get(curve.alphas().indexOf(best))) {
          best = alpha;
        }
      }
      ToyNet model =
          (best instanceof Alpha.Fixed fixed
                  ? calibration.smoothQuant(SmoothQuantOptions.alpha(fixed.value()))
                  : calibration)
              .freeze()
              .model();
      assertEquals(error(model), cap.errors().get(i), 1e-6, cap.caps().get(i) + " is " + best);
    }
    assertEquals(
        curve.chosen(),
        smoothed.freeze().summary().row("first.x").orElseThrow().smoothing().alpha().orElseThrow());
    assertTrue(
        curve.chosen().fixed().orElse(-1) <= cap.chosen().fixed().orElse(-1), cap + " " + curve);
  }

  @Test
  void theSummaryKeepsItInItsJsonAndTellsIt() {
    Summary summary = calibrated().smoothQuant().freeze().summary();

    assertEquals(summary, Summary.ofJson(summary.toJson()));
    assertTrue(summary.toString().contains("alphas: " + summary.alphaCap().orElseThrow()));
  }

  @Test
  void withoutCapEachLayerKeepsTheAlphaOfItsOwnError() {
    Calibration<ToyNet> smoothed =
        calibrated().smoothQuant(SmoothQuantOptions.searchAlpha().withoutCap());
    AlphaCurve curve = smoothed.alphaCurves().get("first");

    assertEquals(curve.best(), curve.chosen());
    assertTrue(smoothed.freeze().summary().alphaCap().isEmpty());
  }

  @Test
  void anAlphaOfTheUsersIsNotCapped() {
    Calibration<ToyNet> smoothed = calibrated().smoothQuant(SmoothQuantOptions.alpha(0.95));

    assertEquals(Alpha.of(0.95), smoothed.alphaCurves().get("first").chosen());
    assertTrue(smoothed.freeze().summary().alphaCap().isEmpty());
  }

  @Test
  void anOutputThatIsNoMeasureLeavesTheSearchAsItIs() {
    Calibration<ToyNet> ofZeros =
        ToyNet.plan(net).calibrate(batches, (m, x) -> m.forward(x).mul(0)).smoothQuant();

    assertTrue(ofZeros.freeze().summary().alphaCap().isEmpty());
    ofZeros.alphaCurves().values().forEach(curve -> assertEquals(curve.best(), curve.chosen()));
  }

  @Test
  void theSearchJudgesWeightsWithTheAmaxThatTheyWillHave() {
    // So large an amax leaves no codes but 0: whatever alpha is, the output is lost.
    WeightAmax coarse = (path, weight) -> Nd4j.valueArrayOf(new long[] {12}, 1e6f);
    Calibration<ToyNet> calibration =
        ToyNet.plan(net).calibrate(batches, ToyNet::forward).weightAmax("first", coarse);

    Map<String, AlphaCurve> curves = calibration.smoothQuant().alphaCurves();

    curves.get("first").errors().forEach(error -> assertEquals(1, error, 1e-3));
  }
}
