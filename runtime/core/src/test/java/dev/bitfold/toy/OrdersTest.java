package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Checks that the methods of a calibration may be called in any meaningful order. */
@Tag("slow")
@Tag("any-jdk")
class OrdersTest {
  private static final ToyStack STACK = ToyStack.random(3, 8, 12, 6, 4);
  private static final Calibration<ToyStack> CALIBRATION =
      ToyStack.plan(STACK).calibrate(ToyStack.batches(4, 16, 8), ToyStack::forward);
  private static final INDArray X = ToyStack.batches(1, 32, 8).get(0);

  /** A step that a user may take. */
  @SuppressWarnings("ImmutableEnumChecker") // the functions have no state
  private enum Step {
    SKIP(c -> c.skip("layers.1")),
    SMOOTH(c -> c.smoothQuant(SmoothQuantOptions.alpha(0.5))),
    AMAX(c -> c.weightAmax((path, weight) -> absolute(weight).mul(0.9))),
    BIASES(Calibration::correctBiases);

    private final UnaryOperator<Calibration<ToyStack>> change;

    Step(UnaryOperator<Calibration<ToyStack>> change) {
      this.change = change;
    }

    private static INDArray absolute(INDArray weight) {
      return weight.amax(0);
    }
  }

  private static List<List<Step>> orders() {
    List<List<Step>> orders = new ArrayList<>();
    orders.add(List.of());
    for (int i = 0; i < orders.size(); i++) {
      for (Step step : Step.values()) {
        if (!orders.get(i).contains(step)) {
          List<Step> longer = new ArrayList<>(orders.get(i));
          longer.add(step);
          orders.add(longer);
        }
      }
    }
    return orders;
  }

  private static INDArray output(List<Step> order) {
    Calibration<ToyStack> calibration = CALIBRATION;
    for (Step step : order) {
      calibration = step.change.apply(calibration);
    }
    return calibration.freeze().model().forward(X);
  }

  @Test
  void everyOrderOfTheSameStepsGivesTheSameModel() {
    Map<Set<Step>, INDArray> models = new LinkedHashMap<>();
    for (List<Step> order : orders()) {
      if (order.indexOf(Step.SMOOTH) >= 0
          && order.indexOf(Step.SKIP) > order.indexOf(Step.SMOOTH)) {
        continue;
      }
      INDArray y = output(order);
      INDArray first = models.putIfAbsent(new HashSet<>(order), y);
      assertEquals(first == null ? y : first, y, order.toString());
    }
    assertEquals(16, models.size());
    List<INDArray> different = List.copyOf(models.values());
    for (int i = 0; i < different.size(); i++) {
      for (int j = 0; j < i; j++) {
        assertNotEquals(different.get(i), different.get(j), "no step is without effect");
      }
    }
  }

  /**
   * A layer that is skipped once it is smoothed stays smoothed, which is the same but for rounding.
   */
  @Test
  void aLayerThatIsSkippedAfterSmoothingIsFloat() {
    for (List<Step> order : orders()) {
      if (order.indexOf(Step.SMOOTH) < 0 || order.indexOf(Step.SKIP) < order.indexOf(Step.SMOOTH)) {
        continue;
      }
      List<Step> before = new ArrayList<>(order);
      before.remove(Step.SKIP);
      before.add(0, Step.SKIP);
      INDArray expected = output(before);
      double error = expected.distance2(output(order)) / expected.norm2Number().doubleValue();
      assertTrue(error < 1e-2, order + ": " + error);
    }
  }

  @Test
  void aStepThatIsTakenTwiceIsTakenOnceOrRefusedWithWhatToUse() {
    assertEquals(output(List.of(Step.BIASES)), output(List.of(Step.BIASES, Step.BIASES)), "biases");
    Calibration<ToyStack> other = CALIBRATION.weightAmax((path, weight) -> weight.amax(0).mul(2));
    assertEquals(
        output(List.of(Step.AMAX)),
        Step.AMAX.change.apply(other).freeze().model().forward(X),
        "the later rule counts");
    assertEquals(
        "the layers are smoothed already: call smoothQuant once, on the calibration that is not"
            + " smoothed yet",
        assertThrows(IllegalStateException.class, () -> output(List.of(Step.SMOOTH, Step.SMOOTH)))
            .getMessage());
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> output(List.of(Step.SKIP, Step.SKIP)))
            .getMessage()
            .startsWith("the model has no quantized tensor or layer 'layers.1'"));
    assertTrue(
        assertThrows(
                IllegalStateException.class,
                () -> CALIBRATION.skip("**.x").smoothQuant(SmoothQuantOptions.alpha(0.5)))
            .getMessage()
            .startsWith("no quantized layer is marked @SmoothQuant"));
  }

  @Test
  void biasesOfALayerThatIsSkippedAreItsOwn() {
    ToyDense skipped =
        CALIBRATION.correctBiases().skip("layers.1").freeze().model().layers().get(1);
    assertEquals(STACK.layers().get(1).bias(), skipped.bias());
  }
}
