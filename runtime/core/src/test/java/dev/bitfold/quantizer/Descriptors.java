package dev.bitfold.quantizer;

import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Descriptors of every format and granularity for tensors of rank 3. */
public final class Descriptors {
  private Descriptors() {}

  /** Those that a fixed amax can be given to. */
  public static Arbitrary<QuantDescriptor> withAmax() {
    return Combinators.combine(
            Arbitraries.oneOf(
                Arbitraries.integers().between(2, 16).map(b -> QuantDescriptor.builder().bits(b)),
                Arbitraries.integers()
                    .between(2, 16)
                    .map(b -> QuantDescriptor.builder().bits(b).narrowRange(true)),
                floats()),
            granularities(),
            Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(3, Arbitraries.just(Rounding.HALF_EVEN)),
                net.jqwik.api.Tuple.of(1, Arbitraries.of(Rounding.class))))
        .as((format, kept, rounding) -> kept.apply(format.rounding(rounding)).build());
  }

  /** All. */
  public static Arbitrary<QuantDescriptor> all() {
    return Arbitraries.oneOf(withAmax(), affine(), special());
  }

  /** Those with a zero point. */
  public static Arbitrary<QuantDescriptor> affine() {
    return Combinators.combine(
            Arbitraries.integers().between(2, 12), Arbitraries.of(true, false), granularities())
        .as(
            (bits, unsigned, kept) ->
                kept.apply(QuantDescriptor.builder().bits(bits).unsigned(unsigned).affine(true))
                    .build());
  }

  private static Arbitrary<QuantDescriptor.Builder> floats() {
    return Arbitraries.of(
            List.of(
                new int[] {4, 3},
                new int[] {5, 2},
                new int[] {3, 2},
                new int[] {2, 3},
                new int[] {2, 1},
                new int[] {3, 0},
                new int[] {0, 3},
                new int[] {6, 1},
                new int[] {1, 6}))
        .map(bits -> QuantDescriptor.builder().bits(bits));
  }

  private static Arbitrary<java.util.function.UnaryOperator<QuantDescriptor.Builder>>
      granularities() {
    return Arbitraries.of(
        b -> b,
        b -> b.axis(0),
        b -> b.axis(1),
        b -> b.axis(-1),
        b -> b.axis(0, 2),
        b -> b.axis(0, 1),
        b -> b.blockSizes(BlockSize.axis(-1, 4)),
        b -> b.blockSizes(BlockSize.axis(-1, 100)),
        b -> b.blockSizes(BlockSize.axis(1, 3)),
        b -> b.blockSizes(BlockSize.axis(-1, 16), BlockSize.axis(0, 2)));
  }

  private static Arbitrary<QuantDescriptor> special() {
    Stream<QuantDescriptor.Builder> scaled =
        Stream.of(new int[] {4, 3}, new int[] {2, 1}, new int[] {8}, new int[] {4})
            .flatMap(
                bits ->
                    Stream.of(
                        QuantDescriptor.builder().bits(bits).scaleBits(8, 0),
                        QuantDescriptor.builder()
                            .bits(bits)
                            .scaleBits(8, 0)
                            .scaleRule(ScaleRule.CEIL)
                            .rounding(Rounding.HALF_TOWARD_ZERO),
                        QuantDescriptor.builder()
                            .bits(bits)
                            .scaleBits(8, 0)
                            .scaleRule(ScaleRule.FLUSH),
                        QuantDescriptor.builder().bits(bits).scaleBits(4, 3),
                        QuantDescriptor.builder()
                            .bits(bits)
                            .scaleBits(4, 3)
                            .scaleRule(ScaleRule.FLUSH),
                        QuantDescriptor.builder()
                            .bits(bits)
                            .scaleBits(4, 3)
                            .scaleRule(ScaleRule.RECIPROCAL),
                        QuantDescriptor.builder().bits(bits).scaleRule(ScaleRule.RECIPROCAL),
                        QuantDescriptor.builder().bits(bits).scaleBlockSizes(BlockSize.axis(-1, 5)),
                        QuantDescriptor.builder().bits(bits).scaleBits(8)));
    Stream<QuantDescriptor.Builder> table =
        Stream.of(
            QuantDescriptor.builder().format(Format.NF4),
            QuantDescriptor.builder().format(Format.NF4).scaleBits(8));
    return Arbitraries.of(Stream.concat(scaled, table).toList())
        .flatMap(
            b ->
                Arbitraries.of(
                        new BlockSize(-1, "", 8),
                        new BlockSize(-1, "", 33),
                        new BlockSize(1, "", 4))
                    .map(block -> b.blockSizes(block).build()));
  }
}
