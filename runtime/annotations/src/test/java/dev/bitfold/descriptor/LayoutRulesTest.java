package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.annotations.Role;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a descriptor may say of a tensor of a layout, with the words of each refusal. */
class LayoutRulesTest {
  private static QuantDescriptor.Builder bits() {
    return QuantDescriptor.builder();
  }

  private static QuantDescriptor.Builder blocked(BlockSize... blocks) {
    return bits().blockSizes(blocks);
  }

  private static BlockSize along(String letter) {
    return BlockSize.along(letter, 4);
  }

  private static BlockSize axis(int axis) {
    return BlockSize.axis(axis, 4);
  }

  private static List<String> problems(QuantDescriptor.Builder values, Role role, String layout) {
    return values.build().problems(role, new Layout(layout)).stream()
        .map(problem -> problem.rule() + ": " + problem.message() + "; " + problem.remedy())
        .toList();
  }

  static Stream<Arguments> fine() {
    return Stream.of(
        Arguments.of(bits(), Role.WEIGHT, ""),
        Arguments.of(bits(), Role.INPUT, "…C"),
        Arguments.of(bits().per("O"), Role.WEIGHT, "OI"),
        Arguments.of(bits().per("NT").dynamic(true), Role.INPUT, "NTC"),
        Arguments.of(bits().per("NT").dynamic(true), Role.INPUT, "NC"),
        Arguments.of(bits().per("NT").dynamic(true), Role.INPUT, "TC"),
        Arguments.of(bits().per("NT").dynamic(true), Role.INPUT, "…C"),
        Arguments.of(bits().axis(1), Role.WEIGHT, "OI"),
        Arguments.of(bits().axis(-2), Role.WEIGHT, "OI"),
        Arguments.of(bits().axis(0, -1), Role.WEIGHT, "…OI"),
        Arguments.of(bits().axis(7), Role.WEIGHT, "…OI"),
        Arguments.of(bits().axis(7), Role.WEIGHT, ""),
        Arguments.of(bits().axis(-1), Role.INPUT, "NC"),
        Arguments.of(bits().axis(-1), Role.INPUT, "…C"),
        Arguments.of(bits().axis(0), Role.INPUT, ""),
        Arguments.of(bits().axis(0).dynamic(true), Role.INPUT, "NC"),
        Arguments.of(bits().axis(0).amax(1, 2), Role.WEIGHT, "OI"),
        Arguments.of(bits().amax(1), Role.WEIGHT, "OI"),
        Arguments.of(blocked(along("I")), Role.WEIGHT, "OI"),
        Arguments.of(blocked(along("I"), along("O")), Role.WEIGHT, "OI"),
        Arguments.of(blocked(axis(0)), Role.WEIGHT, "OI"),
        Arguments.of(blocked(axis(0), axis(-2)), Role.WEIGHT, "…OI"),
        Arguments.of(blocked(axis(0)), Role.INPUT, "CHW"),
        Arguments.of(blocked(along("C")).dynamic(true), Role.INPUT, "…C"),
        Arguments.of(blocked(along("I")).scaleBits(8).scaleBlockSizes(axis(1)), Role.WEIGHT, "OI"),
        Arguments.of(
            blocked(along("O")).scaleBits(8).scaleBlockSizes(along("O")), Role.WEIGHT, "OI"),
        Arguments.of(blocked(along("O")).scaleBits(8).scaleBlockSizes(axis(-1)), Role.WEIGHT, "OI"),
        Arguments.of(blocked(axis(0)).scaleBits(8).scaleBlockSizes(axis(0)), Role.WEIGHT, "…OI"));
  }

  @ParameterizedTest
  @MethodSource
  void fine(QuantDescriptor.Builder values, Role role, String layout) {
    assertEquals(List.of(), problems(values, role, layout));
  }

  private static final String OI = "its axes are 0 to 1, letters OI";

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(
            bits().amax(1, 2),
            Role.WEIGHT,
            "OI",
            "AMAX_COUNT: amax = [1.0, 2.0] with one scale per tensor; give one number, or keep the"
                + " axis that they belong to, such as per = \"O\""),
        Arguments.of(
            bits().per("O"),
            Role.WEIGHT,
            "",
            "LETTERS_WITHOUT_LAYOUT: the axes of int8 per O are given by letter, but the tensor has"
                + " no layout; add one, such as @Weight(layout = \"OI\") or @Input(layout ="
                + " \"…C\"), or use axis numbers"),
        Arguments.of(
            bits().per("H"),
            Role.WEIGHT,
            "OI",
            "PER_NOT_IN_LAYOUT: per = \"H\": a tensor with layout OI has no axis H; " + OI),
        Arguments.of(
            bits().per("NT"),
            Role.WEIGHT,
            "OI",
            "PER_NOT_IN_LAYOUT: per = \"NT\": a tensor with layout OI has no axis N; " + OI),
        Arguments.of(
            bits().per("O"),
            Role.INPUT,
            "…C",
            "PER_NOT_IN_LAYOUT: per = \"O\": a tensor with layout …C has no axis O; its letters are"
                + " …C"),
        Arguments.of(
            bits().axis(2),
            Role.WEIGHT,
            "OI",
            "AXIS_RANK: axis = 2 of a tensor with layout OI; " + OI),
        Arguments.of(
            bits().axis(-3),
            Role.WEIGHT,
            "OI",
            "AXIS_RANK: axis = -3 of a tensor with layout OI; " + OI),
        Arguments.of(
            bits().axis(1, -1),
            Role.WEIGHT,
            "OI",
            "AXIS_TWICE: axis = [1, -1]: 1 and -1 are the same axis of layout OI; name each axis"
                + " once"),
        Arguments.of(
            blocked(along("C")),
            Role.WEIGHT,
            "OI",
            "BLOCK_NOT_IN_LAYOUT: blocks of 4 along C of a tensor with layout OI; " + OI),
        Arguments.of(
            blocked(along("O")),
            Role.WEIGHT,
            "…I",
            "BLOCK_NOT_IN_LAYOUT: blocks of 4 along O of a tensor with layout …I; its letters are"
                + " …I"),
        Arguments.of(
            blocked(axis(2)),
            Role.WEIGHT,
            "OI",
            "BLOCK_NOT_IN_LAYOUT: blocks of 4 along axis 2 of a tensor with layout OI; " + OI),
        Arguments.of(
            blocked(along("I"), axis(-1)),
            Role.WEIGHT,
            "OI",
            "BLOCK_TWICE: blocks of 4 along axis -1 and others along the same axis of layout OI;"
                + " block each axis once"),
        Arguments.of(
            blocked(along("O")).scaleBits(8).scaleBlockSizes(along("C")),
            Role.WEIGHT,
            "OI",
            "SCALE_BLOCKS: scaleBlockSizes of 4 along C of a tensor with layout OI; " + OI),
        Arguments.of(
            blocked(along("I")).scaleBits(8).scaleBlockSizes(axis(2)),
            Role.WEIGHT,
            "OI",
            "SCALE_BLOCKS: scaleBlockSizes of 4 along axis 2 of a tensor with layout OI; " + OI),
        Arguments.of(
            blocked(along("I")).scaleBits(8).scaleBlockSizes(along("O")),
            Role.WEIGHT,
            "OI",
            "SCALE_BLOCKS: scaleBlockSizes of 4 along O of a tensor with layout OI, whose blocks are"
                + " along another axis; the block scales form one row: name the axis of the"
                + " blocks, or the last axis"),
        staticToken(bits().per("NT"), "…C", "NT", "int8 per token"),
        staticToken(bits().per("T"), "NTC", "T", "int8 per T"),
        staticToken(bits().axis(0), "NC", "N", "int8 per axis 0"),
        staticToken(bits().axis(-2), "NTC", "T", "int8 per axis -2"),
        staticToken(bits().axis(0), "…C", "leading axis", "int8 per axis 0"),
        staticToken(bits().axis(-2), "…C", "leading axis", "int8 per axis -2"),
        staticToken(blocked(along("C")), "NC", "token and block", "int8 4 along C"),
        staticToken(blocked(along("C")), "TC", "token and block", "int8 4 along C"),
        staticToken(blocked(along("C")), "…C", "token and block", "int8 4 along C"));
  }

  private static Arguments staticToken(
      QuantDescriptor.Builder values, String layout, String kept, String text) {
    return Arguments.of(
        values,
        Role.INPUT,
        layout,
        "STATIC_TOKEN: a calibrated scale per "
            + kept
            + " ("
            + text
            + "); batch and sequence differ from call to call: add dynamic = true, or keep other"
            + " axes");
  }

  @ParameterizedTest
  @MethodSource
  void refused(QuantDescriptor.Builder values, Role role, String layout, String problem) {
    List<String> problems = problems(values, role, layout);
    assertEquals(problem, problems.get(0));
  }

  @Test
  void aWeightHasNoTokens() {
    assertEquals(List.of(), problems(bits().axis(0), Role.WEIGHT, "NC"));
  }
}
