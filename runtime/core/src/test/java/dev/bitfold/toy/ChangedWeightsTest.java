package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Training;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/** Checks that weights that change between two steps are noticed and named, where it matters. */
class ChangedWeightsTest {
  private static final int C = 8;

  private final ToyStack stack = ToyStack.random(1, C, 12, C);
  private final List<INDArray> batches = ToyStack.batches(3, 16, C);

  private Calibration<ToyStack> calibrated() {
    return ToyStack.plan(stack).calibrate(batches, ToyStack::forward);
  }

  private static String message(Executable action) {
    return String.valueOf(assertThrows(IllegalStateException.class, action).getMessage());
  }

  @Test
  void everyStepAfterCalibrationNoticesIt() {
    List<Consumer<Calibration<ToyStack>>> steps = new ArrayList<>();
    steps.add(Calibration::freeze);
    steps.add(Calibration::smoothQuant);
    steps.add(Calibration::correctBiases);
    steps.add(Calibration::diagnose);
    steps.add(Calibration::sensitivity);
    steps.add(c -> c.advise(1));
    steps.add(c -> c.train(new Sgd(0.1)));
    steps.add(c -> c.skip("layers.0").freeze());
    for (Consumer<Calibration<ToyStack>> step : steps) {
      Calibration<ToyStack> calibration = calibrated();
      assertDoesNotThrow(() -> step.accept(calibration));
      stack.layers().get(1).weight().addi(1e-3);
      assertEquals(
          "the float model's layers.1.weight changed since calibrate(), so its measurements are no"
              + " longer valid: calibrate again, or do not change the model before it is frozen",
          message(() -> step.accept(calibration)));
    }
  }

  @Test
  void biasesAndClosedTensorsCountToo() {
    Calibration<ToyStack> calibration = calibrated();
    stack.layers().get(0).bias().addi(1);
    stack.layers().get(1).bias().close();

    assertTrue(message(calibration::freeze).contains("layers.0.bias, layers.1.bias changed"));
  }

  @Test
  void aForwardThatTrainsTheModelIsNoticedAtOnce() {
    String message =
        message(
            () ->
                ToyStack.plan(stack)
                    .calibrate(
                        batches,
                        (m, x) -> {
                          INDArray y = m.forward(x);
                          if (x == batches.get(2)) {
                            stack.layers().get(0).bias().addi(1);
                          }
                          return y;
                        }));

    assertTrue(message.contains("layers.0.bias changed"), message);
  }

  @Test
  void whatWasTrainedIsItsOwn() {
    Training<ToyStack> training = calibrated().train(new Sgd(1e-4));
    training.step(m -> m.lossAndBackward(batches.get(0)));
    stack.layers().get(0).weight().addi(1);

    assertDoesNotThrow(training::freeze);
  }

  @Test
  void anotherTensorThanWhenThePlanWasMadeIsNamed() {
    Product layer = new Product((x, w) -> x.mmul(w.get(0)), ToyStack.normal(5, C, C));
    Plan<Product.Net> plan = Product.plan(layer, "NC", "IO");
    layer.weights().set(0, layer.weights().get(0).dup());
    Calibration<Product.Net> calibration = plan.calibrate(batches, Product.Net::forward);
    layer.weights().set(0, ToyStack.normal(6, C, C));
    String expected =
        "layer.weight (Product, FLOAT [8, 8], layout IO): the model has been given another tensor"
            + " since its plan was made; make a new plan";

    assertEquals(expected, message(calibration::freeze));
    assertEquals(expected, message(() -> plan.calibrate(batches, Product.Net::forward)));
  }

  @Test
  void aWeightThatBecomesNanOrIsClosedAfterThePlanIsNamed() {
    Plan<ToyStack> plan = ToyStack.plan(stack);
    stack.layers().get(1).weight().putScalar(0, 0, Float.NaN);
    for (String why : new String[] {"it holds NaN or infinity", "it was closed"}) {
      String text =
          String.valueOf(
              assertThrows(
                      IllegalArgumentException.class,
                      () -> plan.calibrate(batches, ToyStack::forward))
                  .getMessage());
      assertTrue(text.contains("layers.1.weight") && text.contains(why), text);
      stack.layers().get(1).weight().close();
    }
  }
}
