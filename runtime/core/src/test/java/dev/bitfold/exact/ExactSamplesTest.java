package dev.bitfold.exact;

import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A sample of what {@link ExactQuantizerTest} tries at length: each kind of format, scale, rule and
 * rounding on a few tensors, in a second.
 */
class ExactSamplesTest {
  private static QuantDescriptor.Builder b(int... bits) {
    return QuantDescriptor.builder().bits(bits);
  }

  private static QuantDescriptor.Builder blocks(int... bits) {
    return b(bits).blockSizes(BlockSize.axis(-1, 3));
  }

  static Stream<QuantDescriptor> descriptors() {
    List<QuantDescriptor.Builder> all = new ArrayList<>();
    for (Rounding rounding : Rounding.values()) {
      all.add(b(8).rounding(rounding));
      all.add(b(4, 3).rounding(rounding));
      all.add(b(3, 0).rounding(rounding).axis(0));
    }
    all.add(b(4).narrowRange(true).axis(1));
    all.add(b(16).scaleAmax(.37));
    all.add(b(5, 2).scaleAmax(1e30));
    all.add(b(2, 1).scaleAmax(1e-30));
    all.add(b(0, 3));
    all.add(QuantDescriptor.builder().format(Format.NF4));
    all.add(QuantDescriptor.builder().format(Format.NF4).scaleAmax(1e30));
    for (int[] bits : new int[][] {{4}, {4, 3}}) {
      all.add(blocks(bits).scaleRule(ScaleRule.RECIPROCAL));
    }
    for (ScaleRule rule : ScaleRule.values()) {
      for (int[] bits : new int[][] {{8}, {4, 3}, {2, 1}}) {
        if (rule != ScaleRule.RECIPROCAL) {
          all.add(blocks(bits).scaleBits(8, 0).scaleRule(rule));
        }
        if (rule != ScaleRule.CEIL) {
          all.add(blocks(bits).scaleBits(4, 3).scaleRule(rule));
        }
      }
    }
    all.add(blocks(8).scaleBits(8, 0).scaleAmax(1.5));
    all.add(blocks(2, 1).scaleBits(4, 3).scaleAmax(1.5));
    all.add(blocks(4).scaleBits(8));
    all.add(blocks(4).scaleBits(8).scaleBlockSizes(BlockSize.axis(-1, 4)));
    all.add(blocks(2, 1).scaleBits(8).scaleBlockSizes(BlockSize.axis(-1, 4)));
    return all.stream().map(QuantDescriptor.Builder::build);
  }

  @ParameterizedTest
  @MethodSource("descriptors")
  void scalesOfTheTensorItselfAndOfAGivenAmax(QuantDescriptor descriptor) {
    boolean runs = descriptor.scaleBits().equals(List.of(8));
    for (long seed = 0; seed < 4; seed++) {
      Random random = new Random(seed);
      float[] x = runs ? Bits.values(48, random, true) : ExactQuantizerTest.tensor(seed);
      for (int i = 0; i < x.length && runs; i++) {
        x[i] = (float) random.nextGaussian();
      }
      ExactQuantizerTest.check(descriptor, x, null);
      if (!runs) {
        ExactQuantizerTest.check(descriptor, x, Bits.amax(random));
      }
    }
  }
}
