package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.tuning.Advice;
import dev.bitfold.tuning.Sensitivity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Compares diagnoses with naive counts, and checks that advice helps. */
@Tag("any-jdk")
class DiagnosisTest {
  private final ToyNet net =
      new ToyNet(new ToyLinear(normal(1, 8, 12)), new ToyLinear(normal(2, 12, 4)));
  private final List<INDArray> batches =
      IntStream.range(0, 5).mapToObj(i -> tokens(normal(10 + i, 3, 7, 8))).toList();

  private static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(shape);
  }

  /** The first token of each sequence is a hundred times as large. */
  private static INDArray tokens(INDArray x) {
    return x.muli(Nd4j.createFromArray(100f, 1, 1, 1, 1, 1, 1).reshape(1, 7, 1));
  }

  private Calibration<ToyNet> calibration() {
    return ToyNet.plan(net).calibrate(batches, ToyNet::forward);
  }

  private static double relative(INDArray expected, INDArray actual) {
    return expected.sub(actual).norm2Number().doubleValue() / expected.norm2Number().doubleValue();
  }

  private static double error(ToyNet floats, ToyNet quantized, List<INDArray> batches) {
    INDArray[] expected = batches.stream().map(floats::forward).toArray(INDArray[]::new);
    INDArray[] actual = batches.stream().map(quantized::forward).toArray(INDArray[]::new);
    return relative(Nd4j.concat(0, expected), Nd4j.concat(0, actual));
  }

  @Test
  void theErrorsOfALayerAreThoseOfAnIndependentCount() {
    Calibration<ToyNet> calibration = calibration().smoothQuant();
    Diagnosis.Layer second = calibration.diagnose().layer("second").orElseThrow();
    ToyLinear quantized = calibration.freeze().model().second();

    double squares = 0;
    double signal = 0;
    double absolute = 0;
    double values = 0;
    float[] largest = new float[12];
    for (INDArray x : batches) {
      INDArray input = org.nd4j.linalg.ops.transforms.Transforms.tanh(net.first().forward(x));
      float[] in = input.dup('c').data().asFloat();
      for (int i = 0; i < in.length; i++) {
        largest[i % 12] = Math.max(largest[i % 12], Math.abs(in[i]));
      }
      float[] y = net.second().forward(input).dup('c').data().asFloat();
      float[] q = quantized.forward(input).dup('c').data().asFloat();
      for (int i = 0; i < y.length; i++) {
        squares += Math.pow((double) q[i] - y[i], 2);
        signal += Math.pow(y[i], 2);
        absolute += Math.abs((double) q[i] - y[i]);
        values += Math.abs(y[i]);
      }
    }
    Arrays.sort(largest);
    assertEquals(10 * Math.log10(signal / squares), second.outputDecibels().orElseThrow(), 1e-3);
    assertEquals(absolute / values, second.outputL1().orElseThrow(), 1e-5);
    Diagnosis.Activations before = second.inputs().get(0).before();
    assertEquals(largest[11], before.largest(), 1e-6);
    assertEquals((largest[5] + largest[6]) / 2, before.median(), 1e-6);
    long counted = before.histogram().counts().stream().mapToLong(n -> n).sum();
    assertEquals(5L * 3 * 7 * 12, counted);
    assertEquals(22, second.curve().orElseThrow().alphas().size());
    assertEquals(
        calibration.alphaCurves().get("second").chosen(),
        second.alpha().orElseThrow(),
        "the choice");
  }

  @Test
  void smoothingBringsTheChannelsTogether() {
    List<INDArray> outliers =
        batches.stream()
            .map(x -> x.mul(Nd4j.createFromArray(1f, 1, 50, 1, 1, 1, 1, 1).reshape(1, 1, 8)))
            .toList();
    Diagnosis.Input x =
        ToyNet.plan(net)
            .calibrate(outliers, ToyNet::forward)
            .smoothQuant()
            .diagnose()
            .layer("first")
            .orElseThrow()
            .inputs()
            .get(0);

    assertTrue(x.before().spread() > 20, "before " + x.before().spread());
    assertTrue(x.after().spread() < x.before().spread() / 2, "after " + x.after().spread());
    assertEquals(x.after().largest(), x.amax().orElseThrow(), 1e-6);
  }

  @Test
  void sensitivityRanksByTheModelsOutput() {
    Plan<ToyNet> plan = ToyNet.plan(net);
    Sensitivity sensitivity = calibration().sensitivity();

    assertEquals(2, sensitivity.layers().size());
    List<Double> errors =
        sensitivity.layers().stream().map(layer -> layer.error().orElseThrow()).toList();
    assertTrue(errors.get(0) >= errors.get(1), errors.toString());
    for (Sensitivity.Layer layer : sensitivity.layers()) {
      String other = layer.path().equals("first") ? "second" : "first";
      ToyNet alone = plan.skip(other).calibrate(batches, ToyNet::forward).freeze().model();
      assertEquals(error(net, alone, batches), layer.error().orElseThrow(), 1e-6, layer.path());
    }
  }

  @Test
  void takenAdviceMakesTheModelBetter() {
    Calibration<ToyNet> calibration = calibration();
    double old = error(net, calibration.freeze().model(), batches);
    List<Advice> advice = calibration.advise(2, 0);

    assertEquals(2, advice.size());
    Plan<ToyNet> plan = ToyNet.plan(net);
    for (Advice each : advice) {
      assertTrue(each.after() < each.before(), each.toString());
      assertTrue(each.toString().contains("@Quantize(") || each.toString().contains("@Skip"));
      double one =
          error(
              net,
              ToyNet.plan(net).with(each).calibrate(batches, ToyNet::forward).freeze().model(),
              batches);
      assertTrue(one < old, each + ": " + one + " against " + old);
      plan = plan.with(each);
    }
    assertTrue(
        advice.stream().anyMatch(a -> a.annotation().contains("per = \"NT\", dynamic = true")),
        "tokens differ, so a scale per token is the advice for the first layer: " + advice);
    double all = error(net, plan.calibrate(batches, ToyNet::forward).freeze().model(), batches);
    assertTrue(all < 0.5 * old, all + " against " + old);
  }

  @Test
  void theJsonHoldsTheFigures() throws Exception {
    Diagnosis diagnosis = calibration().smoothQuant().diagnose();
    JsonNode json = new ObjectMapper().readTree(diagnosis.toJson());

    JsonNode first = json.at("/layers/0");
    Diagnosis.Layer layer = diagnosis.layers().get(0);
    assertEquals(layer.path(), first.at("/path").asText());
    assertEquals(layer.outputL1().orElseThrow(), first.at("/outputL1").asDouble());
    assertEquals(22, first.at("/curve").size());
    assertTrue(first.at("/curve/0/alpha").isNull(), "off");
    assertEquals(256, first.at("/inputs/0/before/histogram/counts").size());
    assertTrue(diagnosis.toString().startsWith("layer"), diagnosis.toString());
  }

  @Test
  void skippingSomethingUnknownListsWhatIsNear() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> ToyNet.plan(net).skip("frist"));

    assertTrue(e.getMessage().contains("first"), e.getMessage());
  }

  @Test
  void nonFiniteValuesAreRefusedWithBatchAndLayerOrCounted() {
    List<INDArray> bad = new ArrayList<>(batches);
    INDArray dirty =
        batches.get(2).dup().putScalar(5, Float.NaN).putScalar(60, Float.NEGATIVE_INFINITY);
    bad.set(2, dirty);
    Plan<ToyNet> plan = ToyNet.plan(net);

    CalibrationException e =
        assertThrows(CalibrationException.class, () -> plan.calibrate(bad, ToyNet::forward));
    Calibration<ToyNet> counted = plan.calibrate(bad, ToyNet::forward, NonFinite.COUNT);

    assertTrue(e.getMessage().startsWith("batch 2: first.x"), e.getMessage());
    assertEquals(2, counted.nonFinite().get("first.x"));
    assertFalse(counted.nonFinite().isEmpty());
    ToyNet model = counted.smoothQuant().freeze().model();
    List<INDArray> some = List.of(batches.get(0), batches.get(1));
    double clean = error(net, plan.calibrate(batches, ToyNet::forward).freeze().model(), some);
    assertTrue(error(net, model, some) < 1.5 * clean, "as good as without NaN: " + clean);
    assertEquals(Map.of(), plan.calibrate(batches, ToyNet::forward).nonFinite());
    assertThrows(
        CalibrationException.class,
        () -> plan.calibrate(List.of(dirty), ToyNet::forward, NonFinite.COUNT));
    assertThrows(
        IllegalArgumentException.class, () -> plan.calibrate(bad, ToyNet::forward, NonFinite.KEEP));
  }
}
