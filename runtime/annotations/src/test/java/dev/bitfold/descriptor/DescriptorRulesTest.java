package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.annotations.Ste;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class DescriptorRulesTest {
  private static final BlockSize BLOCK = BlockSize.axis(-1, 32);

  /** For each rule that needs no tensor, values that break it alone. */
  private static final Map<DescriptorRule, QuantDescriptor.Builder> BROKEN =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(DescriptorRule.BITS_COUNT, builder().bits(4, 3, 1)),
              Map.entry(DescriptorRule.INT_BITS, builder().bits(17)),
              Map.entry(DescriptorRule.FLOAT_BITS, builder().bits(5, 3)),
              Map.entry(DescriptorRule.FORMAT_WITH_BITS, builder().format(Format.NF4).bits(4)),
              Map.entry(
                  DescriptorRule.ROUNDING,
                  builder().format(Format.NF4).rounding(Rounding.HALF_AWAY)),
              Map.entry(DescriptorRule.NARROW_FLOAT, builder().bits(4, 3).narrowRange(true)),
              Map.entry(DescriptorRule.AXIS_TWICE, builder().axis(0, 0)),
              Map.entry(DescriptorRule.AXIS_AND_PER, builder().axis(0).per("O")),
              Map.entry(DescriptorRule.PER_LETTERS, builder().per("OO")),
              Map.entry(DescriptorRule.AXIS_AND_BLOCKS, builder().axis(0).blockSizes(BLOCK)),
              Map.entry(DescriptorRule.BLOCK_SIZE, builder().blockSizes(BlockSize.axis(-1, 0))),
              Map.entry(DescriptorRule.BLOCK_TWICE, builder().blockSizes(BLOCK, BLOCK)),
              Map.entry(DescriptorRule.BLOCK_LETTER, builder().blockSizes(BlockSize.along("X", 4))),
              Map.entry(DescriptorRule.SCALE_BITS, builder().blockSizes(BLOCK).scaleBits(5, 2)),
              Map.entry(DescriptorRule.SCALE_BITS_WITHOUT_BLOCKS, builder().scaleBits(8)),
              Map.entry(
                  DescriptorRule.SCALE_BLOCKS,
                  builder().blockSizes(BLOCK).scaleBits(8, 0).scaleBlockSizes(BLOCK)),
              Map.entry(
                  DescriptorRule.SCALE_RULE, builder().blockSizes(BLOCK).scaleRule(ScaleRule.CEIL)),
              Map.entry(DescriptorRule.PERCENTILE_RANGE, builder().percentile(0)),
              Map.entry(DescriptorRule.PERCENTILE_UNUSED, builder().percentile(99)),
              Map.entry(DescriptorRule.BINS_RANGE, builder().bins(1000)),
              Map.entry(DescriptorRule.BINS_UNUSED, builder().bins(1024)),
              Map.entry(DescriptorRule.CALIB_METHOD, builder().affine(true).calib(Calib.MSE)),
              Map.entry(DescriptorRule.CALIB_AND_DYNAMIC, builder().dynamic(true).calib(Calib.MSE)),
              Map.entry(DescriptorRule.AMAX_AND_DYNAMIC, builder().dynamic(true).amax(1)),
              Map.entry(DescriptorRule.AMAX_VALUE, builder().amax(-1)),
              Map.entry(DescriptorRule.SCALE_AMAX, builder().scaleAmax(-1)),
              Map.entry(DescriptorRule.LEARN_AMAX, builder().learnAmax(true).axis(0)),
              Map.entry(DescriptorRule.AFFINE, builder().affine(true).narrowRange(true)),
              Map.entry(DescriptorRule.STE, builder().dynamic(true).ste(Ste.LSQ))));

  private static final Set<DescriptorRule> NEED_A_TENSOR =
      EnumSet.of(
          DescriptorRule.LETTERS_WITHOUT_LAYOUT,
          DescriptorRule.PER_NOT_IN_LAYOUT,
          DescriptorRule.AMAX_COUNT,
          DescriptorRule.AXIS_RANK,
          DescriptorRule.BLOCK_NOT_IN_LAYOUT,
          DescriptorRule.STATIC_TOKEN);

  private static QuantDescriptor.Builder builder() {
    return QuantDescriptor.builder();
  }

  static Stream<DescriptorRule> rulesWithoutATensor() {
    return EnumSet.complementOf(EnumSet.copyOf(NEED_A_TENSOR)).stream();
  }

  @ParameterizedTest
  @MethodSource("rulesWithoutATensor")
  void everyRuleIsReportedWithItsOwnWords(DescriptorRule rule) {
    QuantDescriptor.Builder values =
        Objects.requireNonNull(BROKEN.get(rule), () -> "no values break " + rule);
    List<DescriptorProblem> problems = values.problems();
    assertEquals(List.of(rule), problems.stream().map(DescriptorProblem::rule).toList());
    assertFalse(problems.get(0).remedy().isBlank());
    String message =
        String.valueOf(assertThrows(InvalidDescriptorException.class, values::build).getMessage());
    assertTrue(message.contains(problems.get(0).message()), message);
  }

  @Test
  void noTwoRulesSayTheSame() {
    Set<String> messages = new TreeSet<>();
    BROKEN.forEach((rule, values) -> messages.add(values.problems().get(0).message()));
    assertEquals(BROKEN.size(), messages.size());
  }

  @Test
  void aCalibratorThatCannotFindTheScaleIsRefused() {
    assertEquals(
        List.of(DescriptorRule.CALIB_METHOD), rules(builder().bits(4, 3).calib(Calib.ENTROPY)));
    assertEquals(
        List.of(DescriptorRule.CALIB_METHOD), rules(builder().blockSizes(BLOCK).calib(Calib.MSE)));
    QuantDescriptor.Builder underAGlobalScale =
        builder().bits(2, 1).blockSizes(BLOCK).scaleBits(4, 3).calib(Calib.MSE);
    assertEquals(List.of(DescriptorRule.CALIB_METHOD), rules(underAGlobalScale));
    assertEquals(List.of(), rules(underAGlobalScale.dynamic(true)));
    assertEquals(List.of(), rules(builder().affine(true).calib(Calib.PERCENTILE)));
    assertEquals(List.of(), rules(builder().calib(Calib.ENTROPY)));
  }

  private static List<DescriptorRule> rules(QuantDescriptor.Builder values) {
    return values.problems().stream().map(DescriptorProblem::rule).toList();
  }

  @ParameterizedTest
  @EnumSource(DescriptorRule.class)
  void everyRuleBelongsToAnElementOfTheAnnotation(DescriptorRule rule) throws Exception {
    assertEquals(rule.element(), Quantize.class.getMethod(rule.element()).getName());
  }

  @Test
  void oneAxisHasOneNumber() {
    assertEquals(List.of(DescriptorRule.AXIS_TWICE), rules("OI", 0, -2));
    assertEquals(List.of(DescriptorRule.AXIS_TWICE), rules("OIHW", 1, -1, 3));
    assertEquals(List.of(DescriptorRule.AXIS_RANK), rules("OI", 2, -2));
    assertEquals(List.of(), rules("OIHW", 0, -2));
    assertEquals(List.of(), rules("", 0, -2), "the rank is not known");
  }

  private static List<DescriptorRule> rules(String layout, int... axis) {
    return builder().axis(axis).build().problems(Role.WEIGHT, new Layout(layout)).stream()
        .map(DescriptorProblem::rule)
        .toList();
  }

  @Test
  void severalAmaxAreOfAKeptAxisOrOfBlocks() {
    assertEquals(List.of(), onWeight(builder().axis(0).amax(1, 2)));
    assertEquals(List.of(), onWeight(builder().per("O").amax(1, 2)));
    assertEquals(List.of(), onWeight(builder().blockSizes(BLOCK).amax(1, 2)));
    assertEquals(List.of(DescriptorRule.AMAX_COUNT), onWeight(builder().amax(1, 1)));
  }

  private static List<DescriptorRule> onWeight(QuantDescriptor.Builder values) {
    return values.build().problems(Role.WEIGHT, new Layout("OI")).stream()
        .map(DescriptorProblem::rule)
        .toList();
  }

  @Test
  void oneNumberFixesTheAmaxUnderAGlobalScale() {
    QuantDescriptor.Builder nvFp4 =
        builder().bits(2, 1).blockSizes(BLOCK).scaleBits(4, 3).dynamic(true);
    assertEquals(List.of(), nvFp4.amax(2.5).problems());
    assertEquals(
        List.of(DescriptorRule.AMAX_VALUE),
        nvFp4.amax(1, 2).problems().stream().map(DescriptorProblem::rule).toList());
  }

  @Test
  void blocksOfScalesMakeThemIntegers() {
    QuantDescriptor descriptor =
        builder().bits(4).blockSizes(BLOCK).scaleBlockSizes(BlockSize.axis(-1, 256)).build();
    assertEquals(List.of(8), descriptor.scaleBits());
  }

  @Test
  void aLearnedStepRoundsHalfToEven() {
    QuantDescriptor.Builder lsq = builder().ste(Ste.LSQ);
    assertEquals(List.of(), lsq.problems());
    String problems = lsq.rounding(Rounding.TOWARD_ZERO).problems().toString();
    assertTrue(problems.contains("ste = LSQ with rounding = TOWARD_ZERO"), problems);
  }
}
