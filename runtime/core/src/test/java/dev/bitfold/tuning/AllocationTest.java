package dev.bitfold.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.annotations.Role;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.reconstruction.Reconstruction;
import dev.bitfold.reconstruction.ReconstructionOptions;
import dev.bitfold.toy.ToyDense;
import dev.bitfold.toy.ToyStack;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Formats chosen under a budget, measured on the models that they give. */
class AllocationTest {
  private static final QuantDescriptor BLOCKS =
      QuantDescriptor.builder().bits(8).blockSizes(BlockSize.along("I", 16)).build();

  /** Three layers, the second of which has only two different weights. */
  private static ToyStack stack() {
    ToyStack stack = ToyStack.random(1, 32, 64, 64, 16);
    INDArray middle = stack.layers().get(1).weight();
    middle.assign(Transforms.sign(middle).muli(0.1));
    return stack;
  }

  private static Calibration<ToyStack> calibrated(ToyStack stack, int batches) {
    return ToyStack.plan(stack)
        .using(Recipe.of("weights").with(Role.WEIGHT, BLOCKS))
        .calibrate(ToyStack.batches(batches, 24, 32), ToyStack::forward);
  }

  @Test
  void theModelIsWithinTheBudgetAndBetterThanOneFormatForAll() {
    ToyStack stack = stack();
    Calibration<ToyStack> calibration = calibrated(stack, 8);
    Calibration<ToyStack> uniform =
        ToyStack.plan(stack)
            .using(Recipe.of("weights").with(Role.WEIGHT, BLOCKS.toBuilder().bits(4).build()))
            .calibrate(ToyStack.batches(8, 24, 32), ToyStack::forward);
    long bytes = uniform.freeze().summary().weightBytes();

    Calibration<ToyStack> chosen = calibration.within(Budget.bytes(bytes));

    Allocation allocation = chosen.allocation().orElseThrow();
    assertEquals(allocation.chosen().bytes(), chosen.freeze().summary().weightBytes());
    assertTrue(allocation.chosen().bytes() <= bytes);
    assertTrue(allocation.heldOut());
    assertTrue(allocation.rankCorrelation() > 0.8, allocation.toString());
    List<INDArray> others = ToyStack.batches(12, 24, 32).subList(8, 12);
    double before =
        uniform
            .reconstruct(ReconstructionOptions.DEFAULT)
            .freeze()
            .compare(stack, others, ToyStack::forward)
            .relativeError();
    double after =
        chosen
            .reconstruct(ReconstructionOptions.DEFAULT)
            .freeze()
            .compare(stack, others, ToyStack::forward)
            .relativeError();
    assertTrue(after < 0.9 * before, after + " and " + before);
  }

  @Test
  void moreBytesAreNoWorseAndEnoughOfThemAreFloat() {
    Calibration<ToyStack> calibration = calibrated(stack(), 8);
    Allocation allocation = calibration.within(Budget.bytes(1 << 30)).allocation().orElseThrow();

    assertEquals(0, allocation.chosen().measured());
    assertTrue(allocation.weights().get(0).format().isEmpty());
    assertEquals(
        2,
        allocation.weights().get(1).format().orElseThrow().format().bits(),
        "more bits would be for nothing");
    assertTrue(allocation.weights().get(2).format().isEmpty());
    List<Allocation.Point> front = allocation.front();
    for (int i = 1; i < front.size(); i++) {
      assertTrue(front.get(i).bytes() >= front.get(i - 1).bytes(), front.toString());
      assertTrue(front.get(i).predicted() <= front.get(i - 1).predicted(), front.toString());
    }
    assertTrue(front.get(front.size() - 1).measured() < front.get(0).measured() / 10);
  }

  @Test
  void withoutFloatsAndAmongSomeBitsNothingElseIsChosen() {
    Calibration<ToyStack> calibration = calibrated(stack(), 1);

    Allocation allocation =
        calibration
            .within(Budget.bitsPerWeight(6).among(3, 5).withoutFloats())
            .allocation()
            .orElseThrow();

    assertFalse(allocation.heldOut());
    for (Allocation.Weight weight : allocation.weights()) {
      int bits = weight.format().orElseThrow().format().bits();
      assertTrue(bits == 3 || bits == 5, allocation.toString());
      assertEquals(BLOCKS.blockSizes(), weight.format().get().blockSizes());
    }
  }

  @Test
  void aBudgetBelowTheSmallestChoiceIsRefusedWithItsBytes() {
    Calibration<ToyStack> calibration = calibrated(stack(), 2);

    String message =
        Objects.requireNonNull(
            assertThrows(
                    IllegalArgumentException.class, () -> calibration.within(Budget.bytes(100)))
                .getMessage());

    assertTrue(message.startsWith("a budget of 100 bytes is below the smallest choice, "), message);
    long smallest = Long.parseLong(message.replaceAll(".*choice, (\\d+) bytes.*", "$1"));
    assertEquals(
        smallest, calibration.within(Budget.bytes(smallest)).freeze().summary().weightBytes());
    assertThrows(
        IllegalArgumentException.class, () -> calibration.within(Budget.bytes(smallest - 1)));
  }

  /** A rule that is meant for weights of 8 bits says nothing of those that get fewer. */
  @Test
  void aDefaultRuleIsForTheFormatsThatItIsMeantFor() {
    WeightAmax ofBytes =
        new WeightAmax() {
          @Override
          public INDArray of(String path, INDArray weight) {
            return weight.amax(0).mul(2);
          }

          @Override
          public boolean isFor(QuantDescriptor weight, Collection<QuantDescriptor> inputs) {
            return weight.format().bits() == 8;
          }
        };
    Calibration<ToyStack> calibration =
        ToyStack.plan(stack())
            .using(
                Recipe.of("weights")
                    .with(Role.WEIGHT, QuantDescriptor.builder().bits(8).per("O").build()))
            .withWeightAmax(ofBytes)
            .calibrate(ToyStack.batches(8, 24, 32), ToyStack::forward);

    Calibration<ToyStack> chosen =
        calibration.within(Budget.bitsPerWeight(6.5).among(4, 8).withoutFloats());
    Calibration<ToyStack> done = chosen.reconstruct(ReconstructionOptions.DEFAULT);

    Allocation allocation = chosen.allocation().orElseThrow();
    assertEquals(Map.of(), allocation.left());
    Set<String> reconstructed =
        done.reconstructions().weights().stream()
            .map(Reconstruction::path)
            .collect(Collectors.toSet());
    for (Allocation.Weight weight : allocation.weights()) {
      boolean bytes = weight.format().orElseThrow().format().bits() == 8;
      assertEquals(bytes, !reconstructed.contains(weight.path()), weight.toString());
      assertEquals(bytes, done.reconstructions().left().containsKey(weight.path()));
    }
    assertTrue(reconstructed.size() > 0 && reconstructed.size() < 3, reconstructed.toString());
    List<ToyDense> byRule = calibration.freeze().model().layers();
    List<ToyDense> layers = done.freeze().model().layers();
    for (int i = 0; i < layers.size(); i++) {
      boolean bytes = allocation.weights().get(i).format().orElseThrow().format().bits() == 8;
      assertEquals(bytes, byRule.get(i).weight().equals(layers.get(i).weight()), "layer " + i);
    }
  }

  @Test
  void whatTheUserHasSetStays() {
    Calibration<ToyStack> calibration =
        ToyStack.plan(stack())
            .using(Recipe.of("weights").with(Role.WEIGHT, QuantDescriptor.bits(8)))
            .calibrate(ToyStack.batches(4, 24, 32), ToyStack::forward);
    String first = ToyStack.plan(stack()).summary().rows().get(0).path();
    Calibration<ToyStack> set = calibration.weightAmax(first, (path, weight) -> weight.amax());

    Allocation allocation = set.within(Budget.bitsPerWeight(4)).allocation().orElseThrow();

    assertTrue(
        Objects.requireNonNull(allocation.left().get(first)).startsWith("its amax is fixed: "));
    assertEquals(2, allocation.weights().size());
    Calibration<ToyStack> all = calibration.weightAmax("**", (path, weight) -> weight.amax());
    assertThrows(IllegalArgumentException.class, () -> all.within(Budget.bitsPerWeight(4)));
  }

  @Test
  void afterReconstructionItIsTooLate() {
    Calibration<ToyStack> reconstructed =
        calibrated(stack(), 2).reconstruct(ReconstructionOptions.DEFAULT);

    assertThrows(IllegalStateException.class, () -> reconstructed.within(Budget.bitsPerWeight(4)));
  }

  @Test
  void budgetsThatMeanNothingAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Budget.bytes(0));
    assertThrows(IllegalArgumentException.class, () -> Budget.bitsPerWeight(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Budget.bytes(10).among(4, 3));
    assertThrows(IllegalArgumentException.class, () -> Budget.bytes(10).among(1));
    assertThrows(IllegalArgumentException.class, () -> Budget.bytes(10).among());
    assertThrows(IllegalArgumentException.class, () -> Budget.bitsPerWeight(1e300));
  }

  @Test
  void aLayerThatDoesNotReachTheOutputGetsTheFewestBits() {
    ToyStack stack = ToyStack.random(2, 32, 24, 16);
    INDArray dead = stack.layers().get(1).weight();
    ToyStack zeros =
        new ToyStack(
            List.of(stack.layers().get(0), new ToyDense(dead.assign(0), ToyStack.normal(3, 16))));
    Calibration<ToyStack> calibration =
        ToyStack.plan(zeros)
            .using(Recipe.of("weights").with(Role.WEIGHT, BLOCKS))
            .calibrate(ToyStack.batches(4, 24, 32), ToyStack::forward);

    Allocation allocation =
        calibration.within(Budget.bitsPerWeight(7).withoutFloats()).allocation().orElseThrow();

    assertEquals(2, allocation.weights().get(0).format().orElseThrow().format().bits());
  }

  /** A layer that a forward calls for some batches only. */
  private static Calibration<ToyStack> turns(ToyStack stack, int batches, IntPredicate both) {
    List<Integer> numbers = IntStream.range(0, batches).boxed().toList();
    return ToyStack.plan(stack)
        .using(Recipe.of("weights").with(Role.WEIGHT, BLOCKS))
        .calibrate(
            numbers,
            (model, i) -> {
              INDArray hidden = model.layers().get(0).forward(ToyStack.normal(50 + i, 24, 32));
              return both.test(i) ? model.layers().get(1).forward(hidden) : hidden;
            });
  }

  @Test
  void aLayerThatRunsForSomeBatchesIsNotTakenForOneThatLosesNothing() {
    ToyStack stack = ToyStack.random(4, 32, 24, 16);

    Allocation inTurns =
        turns(stack, 16, i -> i % 2 == 1)
            .within(Budget.bitsPerWeight(7))
            .allocation()
            .orElseThrow();
    Allocation once =
        turns(stack, 64, i -> i == 40).within(Budget.bitsPerWeight(7)).allocation().orElseThrow();

    assertTrue(inTurns.left().isEmpty(), inTurns.toString());
    assertTrue(inTurns.weights().get(1).error() > 0, inTurns.toString());
    assertEquals(
        "its layer was not called in the batches that were sampled",
        once.left().get("layers.1.weight"));
    assertEquals(1, once.weights().size());
  }

  @Test
  void aWeightThatFourBitsHoldExactlyIsMeasuredInAnotherFormat() {
    ToyStack stack = ToyStack.random(5, 32, 24);
    INDArray weight = stack.layers().get(0).weight();
    for (int i = 0; i < 32; i++) {
      for (int o = 0; o < 24; o++) {
        weight.putScalar(i, o, i == 0 ? 0.875 : 0.125 * ((i * 7 + o * 3) % 15 - 7));
      }
    }
    Calibration<ToyStack> calibration =
        ToyStack.plan(stack)
            .using(
                Recipe.of("weights")
                    .with(Role.WEIGHT, QuantDescriptor.builder().bits(8).per("O").build()))
            .calibrate(ToyStack.batches(4, 24, 32), ToyStack::forward);

    Allocation allocation =
        calibration.within(Budget.bitsPerWeight(9.5).withoutFloats()).allocation().orElseThrow();

    assertTrue(allocation.chosen().measured() < 1e-5, allocation.toString());
  }

  @Test
  void numbersThatAreNoneAreNamed() {
    ToyStack stack = ToyStack.random(6, 32, 24, 16);
    List<INDArray> batches = ToyStack.batches(2, 24, 32);
    batches.forEach(x -> x.putScalar(0, 0, Float.NaN));
    Calibration<ToyStack> calibration =
        ToyStack.plan(stack)
            .using(Recipe.of("weights").with(Role.WEIGHT, BLOCKS))
            .calibrate(batches, ToyStack::forward);

    String message =
        Objects.requireNonNull(
            assertThrows(
                    CalibrationException.class, () -> calibration.within(Budget.bitsPerWeight(7)))
                .getMessage());

    assertTrue(message.startsWith("layers.0.weight: "), message);
  }

  @Test
  void formatsAreChosenOnceAndAfterSkipping() {
    Calibration<ToyStack> chosen = calibrated(stack(), 2).within(Budget.bitsPerWeight(7));

    assertThrows(IllegalStateException.class, () -> chosen.within(Budget.bitsPerWeight(7)));
    assertThrows(IllegalStateException.class, () -> chosen.skip("layers.0"));
  }
}
