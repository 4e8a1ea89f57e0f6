package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.annotations.Ste;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GraphRulesTest {
  private static QuantDescriptor.Builder bits(int... bits) {
    return QuantDescriptor.builder().bits(bits);
  }

  static Stream<Arguments> descriptors() {
    return Stream.of(
        Arguments.of(bits(8).fakeQuant(false), "integer codes have no gradient"),
        Arguments.of(bits(8).blockSizes(BlockSize.axis(-1, 4)), "a graph has no blocks"),
        Arguments.of(
            bits(8).affine(true).blockSizes(BlockSize.axis(-1, 4)), "a graph has no blocks"),
        Arguments.of(
            QuantDescriptor.builder().format(Format.NF4), "a graph has integers and floats only"),
        Arguments.of(bits(8).rounding(Rounding.HALF_AWAY), "a graph rounds half to even"),
        Arguments.of(bits(4, 3).scaleRule(ScaleRule.RECIPROCAL), "a graph has no scale rules"),
        Arguments.of(bits(8).affine(true).ste(Ste.LSQ), "an affine range is not learned"),
        Arguments.of(bits(4, 3).ste(Ste.LSQ), "LSQ is for integers"),
        Arguments.of(bits(8), ""),
        Arguments.of(bits(4, 3), ""),
        Arguments.of(bits(8).affine(true), ""),
        Arguments.of(bits(8).dynamic(true), ""),
        Arguments.of(bits(8).ste(Ste.LSQ), ""),
        Arguments.of(bits(8).ste(Ste.PACT), ""),
        Arguments.of(bits(8).learnAmax(true), ""),
        Arguments.of(bits(4, 3).learnAmax(true), ""));
  }

  @ParameterizedTest
  @MethodSource
  void descriptors(QuantDescriptor.Builder values, String refusal) {
    assertEquals(
        refusal.isEmpty() ? Optional.empty() : Optional.of(refusal),
        GraphRules.refusal(values.build()));
  }
}
