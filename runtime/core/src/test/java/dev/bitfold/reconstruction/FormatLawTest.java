package dev.bitfold.reconstruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.toy.ToyStack;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The law of reconstruction, for each format with each granularity: no layer becomes worse. */
class FormatLawTest {
  private static final int INPUTS = 24;

  @Provide
  Arbitrary<QuantDescriptor> formats() {
    Arbitrary<QuantDescriptor.Builder> free =
        Arbitraries.oneOf(
            Arbitraries.integers().between(2, 8).map(bits -> QuantDescriptor.builder().bits(bits)),
            Arbitraries.integers()
                .between(2, 8)
                .map(bits -> QuantDescriptor.builder().bits(bits).affine(true)),
            Arbitraries.of(
                    List.of(2, 1), List.of(3, 2), List.of(2, 3), List.of(4, 3), List.of(5, 2))
                .map(bits -> QuantDescriptor.builder().bits(bits.get(0), bits.get(1))),
            Arbitraries.of(Rounding.class)
                .map(rounding -> QuantDescriptor.builder().bits(4).rounding(rounding)),
            Arbitraries.create(() -> QuantDescriptor.builder().bits(4).scaleAmax(0.9f)));
    Arbitrary<UnaryOperator<QuantDescriptor.Builder>> kept =
        Arbitraries.of(
            b -> b,
            b -> b.per("O"),
            b -> b.per("I"),
            b -> b.per("IO"),
            b -> b.blockSizes(BlockSize.along("I", 7)),
            b -> b.blockSizes(BlockSize.along("O", 3)));
    Arbitrary<QuantDescriptor> tables =
        Arbitraries.of(BlockSize.along("I", 8), BlockSize.along("I", 24), BlockSize.along("O", 5))
            .map(block -> QuantDescriptor.builder().format(Format.NF4).blockSizes(block).build());
    return Arbitraries.oneOf(
        Combinators.combine(free, kept).as((format, how) -> how.apply(format).build()),
        tables,
        scaled(8, 0, ScaleRule.FLOOR, ScaleRule.CEIL, ScaleRule.FLUSH),
        scaled(4, 3, ScaleRule.FLOOR, ScaleRule.RECIPROCAL, ScaleRule.FLUSH));
  }

  /** Blocks whose scales are floats of few bits: MX, NVFP4. */
  private static Arbitrary<QuantDescriptor> scaled(int exponent, int mantissa, ScaleRule... rules) {
    return Combinators.combine(
            Arbitraries.of(List.of(4), List.of(8), List.of(2, 1), List.of(3, 2), List.of(4, 3)),
            Arbitraries.of(rules),
            Arbitraries.of(true, false),
            Arbitraries.of(
                BlockSize.along("I", 8), BlockSize.along("I", 16), BlockSize.along("O", 3)))
        .as(
            (bits, rule, dynamic, block) ->
                (bits.size() == 1
                        ? QuantDescriptor.builder().bits(bits.get(0))
                        : QuantDescriptor.builder().bits(bits.get(0), bits.get(1)))
                    .scaleBits(exponent, mantissa)
                    .scaleRule(rule)
                    .dynamic(dynamic)
                    .blockSizes(block)
                    .build());
  }

  @Property(tries = 300)
  void noLayerBecomesWorse(
      @ForAll("formats") QuantDescriptor descriptor,
      @ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    ToyStack stack = ToyStack.random(seed, INPUTS, 10);
    INDArray mix = ToyStack.normal(seed + 3, INPUTS, INPUTS);
    List<INDArray> batches =
        IntStream.range(0, 9)
            .mapToObj(i -> ToyStack.normal(seed + 10 + i, 20, INPUTS).mmul(mix).addi(1))
            .toList();
    Calibration<ToyStack> nearest =
        ToyStack.plan(stack)
            .using(Recipe.of("weights").with(Role.WEIGHT, descriptor))
            .calibrate(batches, ToyStack::forward);

    Calibration<ToyStack> reconstructed =
        nearest.reconstruct(ReconstructionOptions.DEFAULT.withSequential(false));

    Reconstruction done = reconstructed.reconstructions().weights().get(0);
    INDArray held = batches.get(7);
    double before = error(stack, nearest, held);
    double after = error(stack, reconstructed, held);
    double product = held.mmul(stack.layers().get(0).weight()).norm2Number().doubleValue();
    double rounding = 1e-6 * product;
    assertTrue(after <= before * (1 + 1e-4) + rounding, descriptor + ": " + after + " > " + before);
    double relative = before / product;
    assertEquals(relative, done.nearest(), 2e-3 * relative + 1e-5, descriptor.toString());
  }

  private static double error(ToyStack stack, Calibration<ToyStack> calibration, INDArray batch) {
    return stack.forward(batch).distance2(calibration.freeze().model().forward(batch));
  }
}
