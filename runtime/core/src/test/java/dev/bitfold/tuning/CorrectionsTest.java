package dev.bitfold.tuning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.toy.ToyDense;
import dev.bitfold.toy.ToyLinear;
import dev.bitfold.toy.ToyNet;
import dev.bitfold.toy.ToyStack;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Compares corrected biases and the amax of weights with what the test computes itself. */
class CorrectionsTest {
  private final ToyStack stack = ToyStack.random(1, 8, 6, 4);
  private final List<INDArray> batches =
      List.of(ToyStack.normal(7, 5, 8).addi(1), ToyStack.normal(8, 15, 8).addi(2));

  private Calibration<ToyStack> calibrated() {
    return ToyStack.plan(stack).calibrate(batches, ToyStack::forward);
  }

  /** Each layer on its float inputs: {@code mean(x W - q(x) q(W))} is added to its bias. */
  @Test
  void aBiasTakesTheMeanErrorOfItsChannel() {
    Quantized<ToyStack> corrected = calibrated().correctBiases().freeze();

    List<INDArray> inputs = batches;
    for (int l = 0; l < 2; l++) {
      ToyDense layer = stack.layers().get(l);
      INDArray all = Nd4j.vstack(inputs.toArray(new INDArray[0]));
      Quantizer x =
          Quantizer.of(QuantDescriptor.bits(8))
              .withAmax(Nd4j.scalar(all.amaxNumber().floatValue()));
      QuantDescriptor perOutput = QuantDescriptor.builder().bits(4).axis(1).build();
      INDArray weight = Quantizer.of(perOutput).quantize(layer.weight());
      INDArray error = all.mmul(layer.weight()).sub(x.quantize(all).mmul(weight)).mean(0);
      INDArray bias =
          Objects.requireNonNull(corrected.state().state().tensors().get("layers." + l + ".bias"));
      for (int c = 0; c < bias.length(); c++) {
        assertEquals(layer.bias().getFloat(c) + error.getFloat(c), bias.getFloat(c), 1e-5);
      }
      assertTrue(error.amaxNumber().doubleValue() > 1e-3, "there was something to correct");
      List<INDArray> next = new ArrayList<>();
      inputs.forEach(input -> next.add(layer.forward(input)));
      inputs = next;
    }
  }

  @Test
  void aModelWithoutBiasesIsTold() {
    ToyNet net =
        new ToyNet(
            new ToyLinear(ToyStack.normal(1, 8, 6)), new ToyLinear(ToyStack.normal(2, 6, 4)));
    Calibration<ToyNet> calibration = ToyNet.plan(net).calibrate(batches, ToyNet::forward);
    assertEquals(
        "no quantized layer has a float bias to correct: leave correctBiases out",
        assertThrows(IllegalStateException.class, () -> calibration.correctBiases().freeze())
            .getMessage());
  }

  private static float[] amax(Calibration<ToyStack> calibration, String path) {
    CalibratedScale scale = calibration.freeze().state().state().scales().get(path);
    return ((CalibratedScale.Amax) Objects.requireNonNull(scale)).amax().ravel().toFloatVector();
  }

  @Test
  void theLastRuleForAWeightCounts() {
    Calibration<ToyStack> calibration =
        calibrated()
            .weightAmax((path, weight) -> Nd4j.valueArrayOf(new long[] {weight.size(1)}, 3f))
            .weightAmax("layers.1.weight", (path, w) -> Nd4j.createFromArray(1f, 2f, 5f, 6f));
    assertArrayEquals(new float[] {3, 3, 3, 3, 3, 3}, amax(calibration, "layers.0.weight"));
    assertArrayEquals(new float[] {1, 2, 5, 6}, amax(calibration, "layers.1.weight"));
    assertNull(calibrated().freeze().state().state().scales().get("layers.1.weight"));
  }

  @Test
  void aRuleIsGivenPathWeightAndLayout() {
    List<String> asked = new ArrayList<>();
    WeightAmax rule =
        new WeightAmax() {
          @Override
          public INDArray of(String path, INDArray weight) {
            throw new AssertionError("with the layout");
          }

          @Override
          public INDArray of(String path, INDArray weight, Layout layout) {
            asked.add(path + " " + layout);
            return weight.amax(0);
          }
        };
    calibrated().weightAmax("layers.0.weight", rule).freeze();
    assertTrue(asked.contains("layers.0.weight IO"), asked.toString());
  }

  private static void refused(String why, Executable action) {
    assertEquals(why, assertThrows(IllegalArgumentException.class, action).getMessage());
  }

  @Test
  void anAmaxThatDoesNotFitNamesTheWeight() {
    String weight = "layers.0.weight (ToyDense, FLOAT [8, 6], layout IO, int4 per O): ";
    refused(
        weight + "an amax of 5 values, and the weight has 6 scales",
        () -> calibrated().weightAmax((path, w) -> Nd4j.ones(5)).freeze());
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class,
                    () ->
                        calibrated()
                            .weightAmax((path, w) -> Nd4j.createFromArray(1f, 1f, -1f, 1f, 1f, 1f))
                            .freeze())
                .getMessage());
    assertTrue(message.startsWith(weight) && message.contains("-1.0"), message);
  }

  @Test
  void anAffineWeightHasNoAmaxToSet() {
    QuantDescriptor affine = QuantDescriptor.builder().affine(true).build();
    Calibration<ToyStack> calibration =
        ToyStack.plan(stack)
            .describe("layers.0.weight", affine)
            .calibrate(batches, ToyStack::forward);
    Calibration<ToyStack> all = calibration.weightAmax((path, w) -> w.amax(0).mul(2));
    assertNull(all.freeze().state().state().scales().get("layers.0.weight"));
    assertEquals(4, amax(all, "layers.1.weight").length);
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class,
                    () -> calibration.weightAmax("layers.0.weight", (path, w) -> w))
                .getMessage());
    assertTrue(
        message.startsWith("the model has no quantized weight with an amax 'layers.0.weight'"),
        message);
  }
}
