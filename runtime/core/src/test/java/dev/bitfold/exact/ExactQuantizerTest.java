package dev.bitfold.exact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.KernelsUnderTest;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Every format under every kind of scale is what docs/numerics.md says, in exact arithmetic, over
 * the whole range of floats: on the reference kernels and on the fast ones. The random bits follow
 * from the seed, which jqwik prints with a failure.
 */
@Tag("slow")
@Tag("any-jdk")
class ExactQuantizerTest {
  private static final List<QuantKernels> KERNELS = KernelsUnderTest.all();

  @Provide
  Arbitrary<QuantDescriptor> float32Scales() {
    Arbitrary<QuantDescriptor.Builder> integers =
        Combinators.combine(Arbitraries.integers().between(2, 16), Arbitraries.of(true, false))
            .as((bits, narrow) -> QuantDescriptor.builder().bits(bits).narrowRange(narrow));
    Arbitrary<QuantDescriptor.Builder> floats =
        Arbitraries.of(
                List.of(
                    new int[] {4, 3},
                    new int[] {5, 2},
                    new int[] {3, 2},
                    new int[] {2, 3},
                    new int[] {2, 1},
                    new int[] {3, 0},
                    new int[] {7, 0},
                    new int[] {0, 3},
                    new int[] {6, 1},
                    new int[] {1, 6}))
            .map(bits -> QuantDescriptor.builder().bits(bits));
    Arbitrary<QuantDescriptor> rounded =
        Combinators.combine(
                Arbitraries.oneOf(integers, floats),
                Arbitraries.of(Rounding.class),
                Arbitraries.of(1., 1., .37, 1e30, 1e-30))
            .as((b, rounding, factor) -> b.rounding(rounding).scaleAmax(factor).build());
    Arbitrary<QuantDescriptor> reciprocal =
        Arbitraries.of(List.of(new int[] {4}, new int[] {8}, new int[] {4, 3}, new int[] {2, 1}))
            .map(
                bits ->
                    QuantDescriptor.builder()
                        .bits(bits)
                        .blockSizes(BlockSize.axis(-1, 4))
                        .scaleRule(ScaleRule.RECIPROCAL)
                        .build());
    Arbitrary<QuantDescriptor> table =
        Arbitraries.of(1., .5, 1e30)
            .map(factor -> QuantDescriptor.builder().format(Format.NF4).scaleAmax(factor).build());
    return Arbitraries.frequencyOf(
        Tuple.of(6, rounded), Tuple.of(2, reciprocal), Tuple.of(1, table));
  }

  @Provide
  Arbitrary<QuantDescriptor> blockScales() {
    return Combinators.combine(
            Arbitraries.of(
                List.of(
                    new int[] {8},
                    new int[] {4},
                    new int[] {4, 3},
                    new int[] {2, 1},
                    new int[] {3, 2},
                    new int[] {5, 2})),
            Arbitraries.of(true, false),
            Arbitraries.of(ScaleRule.class),
            Arbitraries.of(1, 3, 8),
            Arbitraries.of(1., 1., 1.5, 1e30, 1e-30))
        .filter(
            (bits, powers, rule, block, factor) ->
                rule != (powers ? ScaleRule.RECIPROCAL : ScaleRule.CEIL))
        .as(
            (bits, powers, rule, block, factor) ->
                QuantDescriptor.builder()
                    .bits(bits)
                    .blockSizes(BlockSize.axis(-1, block))
                    .scaleBits(powers ? new int[] {8, 0} : new int[] {4, 3})
                    .scaleRule(rule)
                    .scaleAmax(factor)
                    .build());
  }

  @Provide
  Arbitrary<QuantDescriptor> doubleQuantized() {
    return Combinators.combine(
            Arbitraries.of(
                QuantDescriptor.builder().bits(4),
                QuantDescriptor.builder().bits(2, 1),
                QuantDescriptor.builder().format(Format.NF4)),
            Arbitraries.of(true, false))
        .as(
            (b, runs) -> {
              QuantDescriptor.Builder blocks =
                  b.build().toBuilder().blockSizes(BlockSize.axis(-1, 2)).scaleBits(8);
              return runs ? blocks.scaleBlockSizes(BlockSize.axis(-1, 3)).build() : blocks.build();
            });
  }

  @Property(tries = 600)
  void scalesOfTheTensorItself(@ForAll("float32Scales") QuantDescriptor d, @ForAll long seed) {
    check(d, tensor(seed), null);
  }

  @Property(tries = 600)
  void scalesOfAGivenAmax(@ForAll("float32Scales") QuantDescriptor d, @ForAll long seed) {
    check(d, tensor(seed), Bits.amax(new Random(~seed)));
  }

  @Property(tries = 600)
  void blockScalesOfTheTensorItself(@ForAll("blockScales") QuantDescriptor d, @ForAll long seed) {
    check(d, tensor(seed), null);
  }

  @Property(tries = 600)
  void blockScalesOfAGivenAmax(@ForAll("blockScales") QuantDescriptor d, @ForAll long seed) {
    check(d, tensor(seed), Bits.amax(new Random(~seed)));
  }

  @Property(tries = 300)
  void doubleQuantizedScales(
      @ForAll("doubleQuantized") QuantDescriptor d, @ForAll long seed, @ForAll boolean ordinary) {
    Random random = new Random(seed);
    float[] x = Bits.values(48, random, true);
    for (int i = 0; i < x.length && ordinary; i++) {
      x[i] = (float) random.nextGaussian();
    }
    check(d, x, null);
  }

  @Property(tries = 300)
  void affineUnderAScale(
      @ForAll @IntRange(min = 2, max = 12) int bits,
      @ForAll boolean unsigned,
      @ForAll Rounding rounding,
      @ForAll @IntRange(min = -5_000_000, max = 5_000_000) int zeroPoint,
      @ForAll long seed) {
    QuantDescriptor d = affine(bits, unsigned, rounding);
    Random random = new Random(seed);
    float[] x = tensor(seed);
    float zero = random.nextBoolean() ? zeroPoint : zeroPoint % 100;
    float scale = Math.max(Bits.amax(random), Float.MIN_VALUE);
    Quantizer quantizer = Quantizer.of(d).withScale(Nd4j.scalar(scale), Nd4j.scalar(zero));
    same(new ExactQuantizer(d).affineOfScale(x, scale, zero), quantizer, x, d + " " + scale);
  }

  @Property(tries = 300)
  void affineUnderARangeAroundZero(
      @ForAll @IntRange(min = 2, max = 12) int bits, @ForAll boolean unsigned, @ForAll long seed) {
    QuantDescriptor d = affine(bits, unsigned, Rounding.HALF_EVEN);
    Random random = new Random(seed);
    float[] x = tensor(seed);
    float min = -.01f - Math.abs((float) (random.nextGaussian() * Math.exp(random.nextInt(40))));
    float max = .01f + Math.abs((float) (random.nextGaussian() * Math.exp(random.nextInt(40))));
    Quantizer quantizer = Quantizer.of(d).withRange(Nd4j.scalar(min), Nd4j.scalar(max));
    same(new ExactQuantizer(d).affineOfRange(x, min, max), quantizer, x, d + " " + min + " " + max);
  }

  private static QuantDescriptor affine(int bits, boolean unsigned, Rounding rounding) {
    return QuantDescriptor.builder()
        .bits(bits)
        .unsigned(unsigned)
        .affine(true)
        .rounding(rounding)
        .build();
  }

  /** Finite values under finite scales do not become NaN, however small or large either is. */
  @Property(tries = 600)
  void finiteStaysFinite(
      @ForAll("float32Scales") QuantDescriptor one,
      @ForAll("blockScales") QuantDescriptor other,
      @ForAll boolean fixed,
      @ForAll @IntRange(min = -149, max = 127) int exponent,
      @ForAll long seed) {
    Random random = new Random(seed);
    float[] x = Bits.values(48, random, true);
    // All about as large, or some zero: what is left of scales that are themselves subnormal.
    for (int i = 0; i < x.length && exponent % 2 == 0; i++) {
      x[i] = random.nextInt(4) == 0 ? 0 : Math.scalb(random.nextFloat() * 2 - 1, exponent);
    }
    for (QuantDescriptor d : List.of(one, other)) {
      Quantizer quantizer = Quantizer.of(d);
      if (fixed) {
        quantizer = quantizer.withAmax(Nd4j.scalar(Bits.amax(random)));
      }
      float[] y = floats(quantizer.quantize(DenseFloats.array(x, 3, 16)));
      for (int i = 0; i < y.length; i++) {
        assertFalse(Float.isNaN(y[i]), d + ": " + x[i] + " became NaN, seed " + seed);
      }
      assertArrayEquals(y, floats(quantizer.pack(DenseFloats.array(x, 3, 16)).unpack()));
    }
  }

  static float[] tensor(long seed) {
    Random random = new Random(seed);
    float[] x = Bits.values(48, random, random.nextBoolean());
    // Blocks of zeros have rules of their own.
    Arrays.fill(x, 16, 16 + random.nextInt(17), 0f);
    return x;
  }

  static void check(QuantDescriptor d, float[] x, @org.jspecify.annotations.Nullable Float fixed) {
    ExactQuantizer exact = new ExactQuantizer(d);
    Quantizer quantizer = Quantizer.of(d);
    int[] blocks = quantizer.blocks(2);
    int[] group = new int[x.length];
    int columns = blocks[1] > 16 ? 1 : (15 + blocks[1]) / blocks[1];
    for (int i = 0; i < x.length; i++) {
      group[i] = i / 16 / blocks[0] * columns + i % 16 / blocks[1];
    }
    int groups = blocks[0] == 1 ? 3 * columns : columns;
    boolean global = d.scaleBits().equals(List.of(4, 3));
    List<Float> amax = new ArrayList<>(exact.amax(x, group, groups));
    float whole = exact.amax(x, new int[x.length], 1).get(0);
    if (fixed != null) {
      quantizer = quantizer.withAmax(Nd4j.scalar(fixed));
      whole = fixed;
      if (!global) {
        amax.replaceAll(value -> fixed);
      }
    }
    same(exact.quantize(x, group, amax, whole), quantizer, x, d + " amax " + fixed);
  }

  private static void same(
      ExactQuantizer.Result expected, Quantizer quantizer, float[] x, String what) {
    INDArray tensor = DenseFloats.array(x, 3, 16);
    for (QuantKernels kernels : KERNELS) {
      Quantizer on = quantizer.withKernels(kernels);
      float[] values = floats(on.quantize(tensor));
      float[] codes = floats(on.codes(tensor).codes());
      for (int i = 0; i < x.length; i++) {
        String where = what + " " + kernels.name() + ", element " + i + " of " + x[i];
        Bits.assertSame(expected.codes().get(i), codes[i], "code, " + where);
        Bits.assertSame(expected.values().get(i), values[i], where);
      }
      boolean packs =
          !(quantizer.descriptor().format() instanceof IntFormat)
              || expected.codes().stream().noneMatch(code -> code.isNaN());
      if (packs && Arrays.equals(values, values.clone()) && !hasNaN(values)) {
        assertArrayEquals(values, floats(on.pack(tensor).unpack()), what);
      }
    }
  }

  private static boolean hasNaN(float[] values) {
    for (float value : values) {
      if (Float.isNaN(value)) {
        return true;
      }
    }
    return false;
  }

  private static float[] floats(INDArray x) {
    return DenseFloats.of(x, "a tensor").copy();
  }
}
