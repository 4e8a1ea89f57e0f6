package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Checks that what a model lacks, and what calibration could not see, is reported by name where a
 * user looks.
 */
class SaidOnceTest {
  private final ToyStack stack = ToyStack.random(1, 8, 12, 6, 8);
  private final List<INDArray> batches = ToyStack.batches(4, 16, 8);

  private static String refusal(Runnable action) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, action::run).getMessage());
  }

  @Test
  void inputsThatWereOnlyZeroAreListedInTheSummary() {
    INDArray zeros = Nd4j.zeros(DataType.FLOAT, 4, 8);
    String summary =
        ToyStack.plan(stack).calibrate(List.of(zeros), ToyStack::forward).freeze().summary() + "";
    assertTrue(
        summary.contains(
            "only zeros in the calibration data, so any later value becomes zero: layers.0.x\n"),
        summary);
    String usual =
        ToyStack.plan(stack).calibrate(batches, ToyStack::forward).freeze().summary() + "";
    assertFalse(usual.contains("only zeros"), usual);
  }

  @Test
  void whatIsSkippedByThePlanIsInTheSummaryAndItsJson() {
    Summary summary =
        ToyStack.plan(stack)
            .skip("layers.1")
            .skip("layers.2.x")
            .calibrate(batches, ToyStack::forward)
            .freeze()
            .summary();

    assertEquals(List.of("layers.1 (ToyDense)", "layers.2.x (ToyDense)"), summary.skipped());
    assertEquals(summary.skipped(), Summary.ofJson(summary.toJson()).skipped());
    String text = summary.toString();
    assertTrue(text.contains("skipped: layers.1 (ToyDense)\n"), text);
    assertTrue(text.contains("3 quantizers in 2 of 3 layers; weights and biases of all"), text);
    Calibration<ToyStack> later = ToyStack.plan(stack).calibrate(batches, ToyStack::forward);
    assertEquals(
        List.of("layers.1 (ToyDense)"), later.skip("layers.1").freeze().summary().skipped());
  }

  @Test
  void aRoleThatARecipeLeavesOutEverywhereIsNotListed() {
    assertEquals(List.of(), ToyStack.plan(stack).using(Recipe.INT4_BLOCK32).summary().skipped());
  }

  @Test
  @NullUnmarked
  void aMissingWeightIsNamedWhenThePlanIsMade() {
    ToyStack broken =
        new ToyStack(List.of(stack.layers().get(0), new ToyDense(null, Nd4j.zeros(6))));

    assertEquals(
        "layers.1.weight (ToyDense, layout IO, int4 per O): it is null, but a quantized weight is"
            + " required; give the layer its weight, or leave the layer out of the model",
        refusal(() -> ToyStack.plan(broken)));
  }

  @Test
  @NullUnmarked
  void aMissingLayerIsInTheSummary() {
    ToyStack some = new ToyStack(Arrays.asList(stack.layers().get(0), null));
    assertEquals(List.of("layers.1 (null)"), ToyStack.plan(some).summary().skipped());
    String none = refusal(() -> ToyStack.plan(new ToyStack(Arrays.asList(null, null))));
    assertTrue(none.contains("null are [layers.0, layers.1]"), none);
  }

  @Test
  void arraysOfOtherTypesNameCastTo() {
    for (DataType type : new DataType[] {DataType.FLOAT16, DataType.DOUBLE, DataType.BFLOAT16}) {
      ToyStack other =
          new ToyStack(
              List.of(
                  new ToyDense(
                      ToyStack.normal(1, 8, 4).castTo(type), Nd4j.zeros(DataType.FLOAT, 4))));
      String message = refusal(() -> ToyStack.plan(other));
      assertTrue(message.contains("layers.0.weight (ToyDense, " + type), message);
      assertTrue(message.contains("castTo(DataType.FLOAT)"), message);
    }
  }

  @Test
  void freezingBeforeCalibratingSaysWhatComesFirst() {
    Plan<ToyStack> plan = ToyStack.plan(stack);
    String message =
        String.valueOf(assertThrows(IllegalStateException.class, plan::freeze).getMessage());
    assertTrue(message.contains("calibrate(batches, forward) comes before freeze()"), message);
    assertTrue(message.contains("layers.0.x"), message);
  }

  @Test
  void scalesOfBlocksThatAreDynamicMayNeedCalibrationForTheirOwnScale() {
    QuantDescriptor nvfp4 =
        QuantDescriptor.builder()
            .bits(2, 1)
            .blockSizes(BlockSize.axis(-1, 4))
            .scaleBits(4, 3)
            .dynamic(true)
            .build();
    Plan<ToyStack> plan = ToyStack.plan(stack).describe("*.*.x", nvfp4);
    String message =
        String.valueOf(assertThrows(IllegalStateException.class, plan::freeze).getMessage());
    assertTrue(
        message.contains("block scales are dynamic, but their own scale is static"), message);
  }

  @Test
  void aForwardOfAnotherModelIsRefused() {
    String message =
        String.valueOf(
            assertThrows(
                    CalibrationException.class,
                    () -> ToyStack.plan(stack).calibrate(batches, (m, x) -> stack.forward(x)))
                .getMessage());
    assertTrue(message.contains("no layer of the model was called"), message);
  }

  @Test
  void aLayerThatIsNotRunHasNoErrorOfZero() {
    Calibration<ToyStack> calibration =
        ToyStack.plan(stack).calibrate(batches, (m, x) -> m.layers().get(0).forward(x));
    String sensitivity = calibration.sensitivity().toString();
    assertFalse(sensitivity.contains("0.00000"), sensitivity);
    assertTrue(sensitivity.contains("was not run"), sensitivity);

    assertTrue(
        calibration.diagnose().layers().stream()
            .filter(layer -> !layer.path().equals("layers.0"))
            .allMatch(layer -> layer.outputL1().isEmpty() && layer.inputs().isEmpty()),
        "nothing is known of what was not run");
    calibration
        .advise(9, 0)
        .forEach(advice -> assertEquals("layers.0", advice.layer(), advice.toString()));
    String smoothing =
        String.valueOf(
            assertThrows(CalibrationException.class, calibration::smoothQuant).getMessage());
    assertTrue(smoothing.contains("was never reached by the calibration data"), smoothing);
  }

  /** Fills one array again and again. */
  private Iterable<INDArray> refilling() {
    INDArray array = Nd4j.create(DataType.FLOAT, 16, 8);
    return () ->
        new Iterator<>() {
          private int next;

          @Override
          public boolean hasNext() {
            return next < batches.size();
          }

          @Override
          public INDArray next() {
            if (!hasNext()) {
              throw new NoSuchElementException();
            }
            return array.assign(batches.get(next++));
          }
        };
  }

  @Test
  void anIteratorThatRefillsOneArrayIsBlamedAndNotTheForward() {
    List<Consumer<Calibration<ToyStack>>> steps = new ArrayList<>();
    steps.add(Calibration::sensitivity);
    steps.add(Calibration::correctBiases);
    steps.add(c -> c.smoothQuant(SmoothQuantOptions.searchAlpha()));
    for (Consumer<Calibration<ToyStack>> step : steps) {
      Calibration<ToyStack> calibration =
          ToyStack.plan(stack).calibrate(refilling(), ToyStack::forward);
      String message =
          String.valueOf(
              assertThrows(CalibrationException.class, () -> step.accept(calibration))
                  .getMessage());
      assertTrue(message.contains("fills one array again and again"), message);
      assertFalse(message.contains("deterministic"), message);
    }
  }

  @Test
  void stepsThatTakeBatchesOneByOneDoNotMindIt() {
    String expected =
        ToyStack.plan(stack).calibrate(batches, ToyStack::forward).freeze().summary() + "";

    assertEquals(
        expected,
        ToyStack.plan(stack).calibrate(refilling(), ToyStack::forward).freeze().summary() + "");
  }
}
