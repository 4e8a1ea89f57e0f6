package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Calibration data that are not what they should be, and what is said of them. */
class BatchMistakesTest {
  private static final ToyStack STACK = ToyStack.random(3, 8, 12, 4);

  /** Batches that are made anew in each pass, by the number of the pass. */
  private static <B> Iterable<B> perPass(IntFunction<List<B>> batches) {
    AtomicInteger passes = new AtomicInteger();
    return () -> batches.apply(passes.getAndIncrement()).iterator();
  }

  private static <B> CalibrationException smoothed(
      Iterable<B> batches, Forward<ToyStack, B> forward) {
    return assertThrows(
        CalibrationException.class,
        () -> ToyStack.plan(STACK).calibrate(batches, forward).smoothQuant().freeze());
  }

  private static void assertSays(String message, Exception e) {
    assertTrue(String.valueOf(e.getMessage()).contains(message), String.valueOf(e.getMessage()));
  }

  private static INDArray x(int seed) {
    return ToyStack.normal(seed, 16, 8);
  }

  @Test
  void batchesThatAreDrawnAnewInEachPassAreNoticed() {
    String said = "batch 0 holds other values than in the first pass";
    assertSays(said, smoothed(perPass(p -> List.of(x(p))), ToyStack::forward));
    assertSays(
        said,
        smoothed(
            perPass(p -> List.of(Map.of("x", x(p), "mask", x(0)))),
            (net, batch) -> net.forward(batch.get("x"))));
    assertSays(
        said,
        smoothed(
            perPass(p -> List.<INDArray[]>of(new INDArray[] {x(0), x(p)})),
            (net, batch) -> net.forward(batch[1])));
    assertSays(
        said,
        smoothed(
            perPass(p -> List.of(List.of("a", "b" + p))),
            (net, texts) -> net.forward(x(texts.get(1).hashCode() % 7))));
    assertSays(
        said,
        smoothed(
            perPass(p -> List.of(x(1).castTo(DataType.INT32).addi(p))),
            (net, ids) -> net.forward(ids.castTo(DataType.FLOAT))));
  }

  @Test
  void batchesInAnotherOrderAreNoticed() {
    List<INDArray> two = List.of(x(1), x(2));
    assertSays(
        "in the same order",
        smoothed(perPass(p -> p == 0 ? two : List.of(two.get(1), two.get(0))), ToyStack::forward));
  }

  /** Equal batches need not be the same objects, in the same memory order or the same set order. */
  @Test
  void batchesThatAreMadeAnewWithTheSameValuesAreFine() {
    Calibration<ToyStack> kept =
        ToyStack.plan(STACK).calibrate(List.of(x(1), x(2)), ToyStack::forward);
    Calibration<ToyStack> made =
        ToyStack.plan(STACK)
            .calibrate(
                perPass(p -> List.of(x(1).dup(p % 2 == 0 ? 'c' : 'f'), x(2))), ToyStack::forward);
    assertEquals(
        kept.smoothQuant().freeze().model().forward(x(3)),
        made.smoothQuant().freeze().model().forward(x(3)));
    Iterable<Set<String>> sets =
        perPass(
            p -> List.of(new LinkedHashSet<>(p % 2 == 0 ? List.of("a", "b") : List.of("b", "a"))));
    assertDoesNotThrow(
        () ->
            ToyStack.plan(STACK)
                .calibrate(sets, (net, set) -> net.forward(x(set.size())))
                .smoothQuant()
                .freeze());
  }

  /** It would go on measuring. */
  @Test
  void aModelThatIsKeptFromForwardIsRefusedAfterwards() {
    List<ToyStack> kept = new ArrayList<>();
    Calibration<ToyStack> calibration =
        ToyStack.plan(STACK)
            .calibrate(
                List.of(x(1)),
                (net, batch) -> {
                  kept.add(net);
                  return net.forward(batch);
                });
    String before = calibration.freeze().summary().toString();
    int refused = 0;
    for (ToyStack net : kept) {
      try {
        net.forward(x(2).mul(1000));
      } catch (IllegalStateException e) {
        assertSays("a calibration that has ended", e);
        refused++;
      }
    }
    assertTrue(refused > 0, kept.size() + " models were kept");
    assertEquals(before, calibration.freeze().summary().toString());
  }

  @Test
  void aNullBatchIsNamed() {
    List<INDArray> batches = Arrays.asList(x(1), null);
    Exception e =
        assertThrows(
            CalibrationException.class,
            () -> ToyStack.plan(STACK).calibrate(batches, ToyStack::forward));
    assertEquals("batch 1 is null", e.getMessage());
    assertSays(
        "batch 1 is null",
        assertThrows(
            CalibrationException.class,
            () ->
                ToyStack.plan(STACK)
                    .calibrate(List.of(x(1)), ToyStack::forward)
                    .freeze()
                    .compare(STACK, batches, ToyStack::forward)));
  }

  @Test
  void aBatchOfAnotherTypeIsSaidToBeThat() {
    assertSays(
        "the batch holds DOUBLE: where the model computes with FLOAT, give it"
            + " batch.castTo(DataType.FLOAT)",
        smoothed(List.of(x(1).castTo(DataType.DOUBLE)), ToyStack::forward));
  }

  @Test
  void whatAForwardThrowsIsSaidWithOrWithoutAMessage() {
    assertSays(
        "batch 0: java.lang.IllegalStateException",
        smoothed(
            List.of(x(1)),
            (net, batch) -> {
              throw new IllegalStateException();
            }));
  }

  @Test
  void adviceOfLessThanNoLayerAndAnAmaxOfNothingAreRefused() {
    Calibration<ToyStack> calibration =
        ToyStack.plan(STACK).calibrate(List.of(x(1)), ToyStack::forward);
    assertSays(
        "count = -1: it must be 0 or more",
        assertThrows(IllegalArgumentException.class, () -> calibration.advise(-1)));
    @SuppressWarnings("NullAway") // a mistake of the caller's
    Exception e =
        assertThrows(
            IllegalArgumentException.class,
            () -> calibration.weightAmax((path, weight) -> null).freeze());
    assertSays("layers.0.weight", e);
    assertSays("the rule of its amax returned null", e);
    Calibration<ToyStack> three =
        ToyStack.plan(STACK)
            .describe("layers.0.weight", d -> d.toBuilder().per("O").amax(1, 2, 3).build())
            .calibrate(List.of(x(1)), ToyStack::forward);
    Exception misfit = assertThrows(IllegalArgumentException.class, three::freeze);
    assertSays("layers.0.weight (ToyDense", misfit);
    assertSays("the fixed shape [3] does not fit its scales'", misfit);
  }
}
