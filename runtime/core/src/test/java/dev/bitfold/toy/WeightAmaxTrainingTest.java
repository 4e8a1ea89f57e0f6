package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.Training;
import dev.bitfold.annotations.Ste;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Checks that training begins with the amax that a user gave to a weight, and keeps it unless it is
 * learned.
 */
class WeightAmaxTrainingTest {
  private static final String PATH = "layers.0.weight";

  private final ToyStack stack = ToyStack.random(1, 8, 12, 4);
  private final List<INDArray> batches = ToyStack.batches(3, 16, 8);

  private static INDArray half(INDArray weight) {
    return weight.amax(0).mul(0.5);
  }

  private Calibration<ToyStack> calibrated(Ste ste) {
    return ToyStack.plan(stack)
        .describe(PATH, d -> d.toBuilder().ste(ste).build())
        .calibrate(batches, ToyStack::forward)
        .weightAmax(PATH, (path, weight) -> half(weight));
  }

  private static float[] amax(Quantized<ToyStack> quantized) {
    var row = quantized.summary().row(PATH).orElseThrow().amax().orElseThrow();
    return new float[] {row.min(), row.max()};
  }

  private Quantized<ToyStack> trained(Calibration<ToyStack> calibration, double rate) {
    Training<ToyStack> training = calibration.train(new Sgd(rate));
    training.step(m -> m.lossAndBackward(batches.get(0)));
    INDArray before = training.model().forward(batches.get(1)).dup();
    Quantized<ToyStack> frozen = training.freeze();
    assertEquals(before, frozen.model().forward(batches.get(1)));
    return frozen;
  }

  @Test
  void aGivenAmaxIsKept() {
    INDArray expected = half(stack.layers().get(0).weight());
    float[] range = {expected.minNumber().floatValue(), expected.maxNumber().floatValue()};

    Calibration<ToyStack> calibration = calibrated(Ste.CLIP);
    assertArrayEquals(range, amax(calibration.freeze()));
    assertArrayEquals(range, amax(trained(calibration, 1e-3)));
  }

  @Test
  void aLearnedAmaxBeginsWithIt() {
    Calibration<ToyStack> calibration = calibrated(Ste.LSQ);
    Training<ToyStack> training = calibration.train(new Sgd(1e-4));
    INDArray begins = training.parameters().get(PATH + ".amax");

    assertEquals(half(stack.layers().get(0).weight()), begins.reshape(12));
    float[] after = amax(trained(calibration, 1e-4));
    assertTrue(after[1] > 0 && Math.abs(after[1] - begins.maxNumber().floatValue()) < 0.1);
  }
}
