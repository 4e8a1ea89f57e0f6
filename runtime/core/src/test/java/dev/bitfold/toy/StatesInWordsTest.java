package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.Summary;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks what the states print, and the texts for "nothing is lost" and "not measured". */
class StatesInWordsTest {
  private final ToyNet net =
      new ToyNet(new ToyLinear(normal(1, 8, 12)), new ToyLinear(normal(2, 12, 4)));
  private final Plan<ToyNet> plan = ToyNet.plan(net);

  private static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(shape);
  }

  private Calibration<ToyNet> calibration() {
    return plan.calibrate(List.of(normal(3, 2, 7, 8), normal(4, 2, 7, 8)), ToyNet::forward);
  }

  @Test
  void eachStateSaysWhatItHolds() {
    String quantizers = "4 quantizers in 2 layers: 2 × int8 per O, 2 × int8 per tensor";
    Calibration<ToyNet> calibration = calibration();

    assertEquals("plan of ToyNet: " + quantizers + "; 2 layers to be smoothed", plan.toString());
    assertEquals(
        "calibration of ToyNet on 2 batches: " + quantizers + "; 2 layers to be smoothed",
        calibration.toString());
    assertEquals(
        "calibration of ToyNet on 2 batches: " + quantizers + "; 2 layers smoothed",
        calibration.smoothQuant().toString());
    assertEquals(
        "plan of ToyNet: 2 quantizers in 1 layer: 1 × int8 per O, 1 × int8 per tensor;"
            + " 1 layer to be smoothed",
        plan.skip("second").toString());

    Quantized<ToyNet> quantized = calibration.freeze();
    assertEquals(
        "quantized ToyNet: "
            + quantizers
            + "; weights: 208 bytes packed, 576 as float32, 576 in memory\nmodel output: "
            + quantized.summary().modelError().orElseThrow(),
        quantized.toString());
  }

  @Test
  void theMostFrequentQuantizerComesFirst() {
    assertEquals(
        "plan of ToyNet: 4 quantizers in 2 layers: 2 × int8 per tensor, 1 × int4 per O, 1 × int8"
            + " per O; 2 layers to be smoothed",
        plan.describe("first.weight", d -> d.toBuilder().bits(4).build()).toString());
  }

  @Test
  void whatLosesNothingIsToldFromWhatWasNotMeasured() {
    OptionalDouble infinite = OptionalDouble.of(Double.POSITIVE_INFINITY);
    // Weights of whole numbers up to 127 are what int8 holds.
    INDArray whole = Nd4j.eye(8).muli(127);
    ToyNet exact = new ToyNet(new ToyLinear(whole), new ToyLinear(whole.dup()));
    Plan<ToyNet> exactPlan = ToyNet.plan(exact);

    Summary before = exactPlan.summary();
    assertEquals(infinite, before.row("first.weight").orElseThrow().decibels());
    assertEquals(OptionalDouble.empty(), before.row("first.x").orElseThrow().decibels());
    assertTrue(before.toString().contains("lossless"), before.toString());
    assertEquals(before, Summary.ofJson(before.toJson()), before.toJson());

    Diagnosis.Layer layer =
        exactPlan
            .calibrate(List.of(Nd4j.zeros(2, 7, 8)), ToyNet::forward)
            .diagnose()
            .layer("first")
            .orElseThrow();
    assertEquals(infinite, layer.weightDecibels());
    assertEquals(infinite, layer.outputDecibels());
    assertEquals(OptionalDouble.of(0), layer.error());
  }

  @Test
  void aDescriptorThatLosesSomethingHasFiniteDecibels() {
    Summary summary = plan.describe("first.weight", QuantDescriptor.bits(4)).summary();

    assertTrue(Double.isFinite(summary.row("first.weight").orElseThrow().decibels().orElseThrow()));
  }
}
