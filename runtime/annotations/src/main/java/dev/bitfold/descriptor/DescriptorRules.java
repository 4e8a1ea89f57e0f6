package dev.bitfold.descriptor;

import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.Ste;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks the rules for valid descriptors, for both the compiler and the runtime. */
final class DescriptorRules {
  private static final String LETTERS = "OINTCDHW";

  private final List<DescriptorProblem> problems = new ArrayList<>();

  private DescriptorRules() {}

  /** Returns the number format; empty if {@code bits} are neither one number nor two. */
  static Optional<NumberFormat> format(QuantDescriptor.Builder d) {
    return switch (d.format) {
      case NF4 -> Optional.of(new NumberFormat.Nf4Format());
      case BITS ->
          switch (d.bits.size()) {
            case 1 ->
                Optional.of(new NumberFormat.IntFormat(d.bits.get(0), d.unsigned, d.narrowRange));
            case 2 -> Optional.of(new NumberFormat.FloatFormat(d.bits.get(0), d.bits.get(1)));
            default -> Optional.empty();
          };
    };
  }

  /** Returns whether elements become the nearest value of a table, under float32 or int8 scales. */
  private static boolean isTable(QuantDescriptor.Builder d) {
    return format(d)
        .filter(format -> format.match(integers -> false, floats -> false, nf4 -> true))
        .isPresent();
  }

  /** Returns the rules that the values break for every tensor. */
  static List<DescriptorProblem> check(QuantDescriptor.Builder d) {
    DescriptorRules rules = new DescriptorRules();
    rules.formatRules(d);
    rules.granularity(d);
    rules.scales(d);
    CalibrationRules.check(d, rules::broken);
    rules.training(d);
    return List.copyOf(rules.problems);
  }

  private void broken(DescriptorRule rule, String message, String remedy) {
    problems.add(new DescriptorProblem(rule, message, remedy));
  }

  private void formatRules(QuantDescriptor.Builder d) {
    boolean integer = d.bits.size() == 1;
    if (d.format != Format.BITS) {
      List<String> others = new ArrayList<>();
      if (!d.bits.equals(QuantDescriptor.Builder.DEFAULT_BITS)) {
        others.add("bits = " + d.bits);
      }
      if (d.unsigned) {
        others.add("unsigned = true");
      }
      if (d.narrowRange) {
        others.add("narrowRange = true");
      }
      if (!others.isEmpty()) {
        broken(
            DescriptorRule.FORMAT_WITH_BITS,
            "format = " + d.format + " with " + String.join(" and ", others),
            "leave " + (others.size() == 1 ? "it" : "them") + " out: the format fixes them");
      }
      if (d.rounding != Rounding.HALF_EVEN && isTable(d)) {
        broken(
            DescriptorRule.ROUNDING,
            "rounding = " + d.rounding + " with format = " + d.format,
            "its values become the nearest value of a table: leave rounding out");
      }
      return;
    }
    if (d.bits.size() == 1) {
      int bits = d.bits.get(0);
      int least = d.unsigned ? 1 : 2;
      if (bits < least || bits > 16) {
        broken(
            DescriptorRule.INT_BITS,
            "bits = " + bits,
            "an integer format has " + least + " to 16 bits");
      }
    } else if (d.bits.size() == 2) {
      int e = d.bits.get(0);
      int m = d.bits.get(1);
      if (e < 0 || m < 0 || e + m < 1 || e + m > 7) {
        broken(
            DescriptorRule.FLOAT_BITS,
            "bits = {" + e + ", " + m + "}: there is no format E" + e + "M" + m,
            "a float format has 1 to 7 exponent and mantissa bits in all, such as {4, 3}, {5, 2} or"
                + " {2, 1}");
      }
    } else {
      broken(
          DescriptorRule.BITS_COUNT,
          "bits = " + d.bits,
          "write one number for an integer format, such as 8, or two for a float format, such as"
              + " {4, 3}");
    }
    if (d.narrowRange && !integer) {
      broken(DescriptorRule.NARROW_FLOAT, "narrowRange = true with a float format", "leave it out");
    }
  }

  private void granularity(QuantDescriptor.Builder d) {
    if (new HashSet<>(d.axis).size() != d.axis.size()) {
      broken(DescriptorRule.AXIS_TWICE, "axis = " + d.axis, "name each axis once");
    }
    if (!d.axis.isEmpty() && !d.per.isEmpty()) {
      broken(
          DescriptorRule.AXIS_AND_PER,
          "axis = " + d.axis + " together with per = \"" + d.per + "\"",
          "keep one of the two, preferably the letters");
    }
    for (int i = 0; i < d.per.length(); i++) {
      char letter = d.per.charAt(i);
      if (LETTERS.indexOf(letter) < 0) {
        broken(
            DescriptorRule.PER_LETTERS,
            "per = \"" + d.per + "\": '" + letter + "' is not an axis letter",
            d.per.length() > 2 && Character.isLowerCase(letter)
                ? "write \"O\" for a scale per output channel of a weight, \"NT\" per token of an"
                    + " input, or leave it out for one scale"
                : meant(letter) + "use letters of the tensor's layout, such as \"O\" or \"NT\"");
        break;
      } else if (d.per.indexOf(letter) != i) {
        broken(
            DescriptorRule.PER_LETTERS,
            "per = \"" + d.per + "\": " + letter + " occurs twice",
            "name each axis once");
        break;
      }
    }
    if (!d.blockSizes.isEmpty() && !(d.axis.isEmpty() && d.per.isEmpty())) {
      broken(
          DescriptorRule.AXIS_AND_BLOCKS,
          "blockSizes together with " + (d.per.isEmpty() ? "axis" : "per"),
          "leave "
              + (d.per.isEmpty() ? "axis" : "per")
              + " out: every axis that is not blocked keeps scales of its own");
    }
    blocks(d.blockSizes, "blockSizes", DescriptorRule.BLOCK_SIZE);
  }

  /**
   * Returns a question for the letter that may be meant: of the other case, or one that looks
   * alike.
   */
  private static String meant(char letter) {
    char upper = Character.toUpperCase(letter);
    char guess = letter == '0' ? 'O' : letter == '1' || letter == 'l' ? 'I' : upper;
    return LETTERS.indexOf(guess) < 0 ? "" : "did you mean " + guess + "? ";
  }

  private void blocks(List<BlockSize> blocks, String element, DescriptorRule size) {
    Set<String> seen = new HashSet<>();
    for (BlockSize block : blocks) {
      if (block.size() < 1) {
        broken(size, element + ": size = " + block.size(), "a block has at least one element");
      }
      if (block.along().length() > 1
          || (block.along().length() == 1 && LETTERS.indexOf(block.along().charAt(0)) < 0)) {
        broken(
            DescriptorRule.BLOCK_LETTER,
            element + ": along = \"" + block.along() + "\"",
            (block.along().length() == 1 ? meant(block.along().charAt(0)) : "")
                + "name one letter of the tensor's layout, such as \"I\" or \"C\"");
      }
      if (!seen.add(block.along().isEmpty() ? "axis " + block.axis() : block.along())) {
        broken(
            DescriptorRule.BLOCK_TWICE,
            element + ": " + block + " and another block along the same axis",
            "block each axis once");
      }
    }
  }

  private void scales(QuantDescriptor.Builder d) {
    ScaleFormat scales = d.scaleFormat().orElse(null);
    boolean powerOfTwo = scales == ScaleFormat.E8M0;
    boolean e4m3 = scales == ScaleFormat.E4M3;
    if (scales == null) {
      broken(
          DescriptorRule.SCALE_BITS,
          "scaleBits = " + d.scaleBits,
          "block scales are {8, 0} (E8M0), {4, 3} (E4M3) or 8 (int8)");
    }
    if (isTable(d) && (powerOfTwo || e4m3)) {
      broken(
          DescriptorRule.SCALE_BITS,
          "scaleBits = " + d.scaleBits + " with format = " + d.format,
          "its scales are float32, or int8 with scaleBits = 8");
    }
    if (powerOfTwo && d.bits.size() == 1 && d.unsigned) {
      broken(
          DescriptorRule.SCALE_BITS,
          "scaleBits = {8, 0} with an unsigned integer format",
          "the integers of the OCP formats are signed: leave one of the two out");
    }
    if (!d.scaleBits.isEmpty() && d.blockSizes.isEmpty()) {
      broken(
          DescriptorRule.SCALE_BITS_WITHOUT_BLOCKS,
          "scaleBits = " + d.scaleBits + " without blockSizes",
          "only block scales are quantized: add blockSizes, or leave scaleBits out");
    }
    if (!d.scaleBlockSizes.isEmpty() && (powerOfTwo || e4m3 || d.blockSizes.isEmpty())) {
      broken(
          DescriptorRule.SCALE_BLOCKS,
          "scaleBlockSizes "
              + (d.blockSizes.isEmpty() ? "without blockSizes" : "with scaleBits = " + d.scaleBits),
          "only integer block scales share a second scale: leave it out, or use scaleBits = 8");
    } else if (d.scaleBlockSizes.size() > 1) {
      broken(
          DescriptorRule.SCALE_BLOCKS,
          "scaleBlockSizes = " + d.scaleBlockSizes,
          "the block scales form one row: give one block");
    }
    blocks(d.scaleBlockSizes, "scaleBlockSizes", DescriptorRule.SCALE_BLOCKS);
    scaleRule(d, scales);
    if (!(d.scaleAmax >= 0) || Float.isInfinite(d.scaleAmax)) {
      broken(
          DescriptorRule.SCALE_AMAX,
          "scaleAmax = " + asFloat(d.givenScaleAmax),
          "the amax is multiplied by it: it is finite and not negative");
    } else if (d.scaleAmax != 1 && d.affine) {
      broken(
          DescriptorRule.SCALE_AMAX,
          "scaleAmax = " + d.scaleAmax + " with affine = true",
          "an affine quantizer has a range, not an amax: leave one of the two out");
    }
  }

  private void scaleRule(QuantDescriptor.Builder d, @Nullable ScaleFormat scales) {
    boolean powerOfTwo = scales == ScaleFormat.E8M0;
    boolean e4m3 = scales == ScaleFormat.E4M3;
    boolean float32Scales = scales == ScaleFormat.FLOAT32 && !isTable(d);
    boolean reciprocal = float32Scales && (d.bits.size() == 2 || !d.blockSizes.isEmpty());
    boolean known =
        switch (d.scaleRule) {
          case FLOOR -> true;
          case CEIL -> powerOfTwo;
          case FLUSH -> powerOfTwo || e4m3;
          case RECIPROCAL -> e4m3 || reciprocal;
        };
    if (!known) {
      broken(
          DescriptorRule.SCALE_RULE,
          "scaleRule = " + d.scaleRule + " with scaleBits = " + d.scaleBits,
          switch (d.scaleRule) {
            case CEIL ->
                "only scales of scaleBits = {8, 0} are rounded up: add them, or leave scaleRule out";
            case FLUSH -> "add scaleBits = {8, 0} or {4, 3}, or leave scaleRule out";
            default ->
                "this rule is for scaleBits = {4, 3}, float formats and integer blocks: leave"
                    + " scaleRule out";
          });
    }
  }

  /** Returns a number as it was given, with a remark if it is too large for float32. */
  static String asFloat(double given) {
    boolean tooLarge = Double.isFinite(given) && Float.isInfinite((float) given);
    return given + (tooLarge ? ", which is infinite in float32" : "");
  }

  private void training(QuantDescriptor.Builder d) {
    boolean learned = d.learnAmax || d.ste == Ste.LSQ || d.ste == Ste.PACT;
    if (d.learnAmax && !(d.axis.isEmpty() && d.per.isEmpty())) {
      broken(
          DescriptorRule.LEARN_AMAX,
          "learnAmax = true with " + (d.per.isEmpty() ? "axis = " + d.axis : "per = " + d.per),
          "a learned amax is per tensor: leave one of the two out");
    } else if (d.learnAmax && (d.dynamic || !d.blockSizes.isEmpty())) {
      broken(
          DescriptorRule.LEARN_AMAX,
          "learnAmax = true with " + (d.dynamic ? "dynamic = true" : "blockSizes"),
          "a learned amax is one number for the tensor: leave one of the two out");
    } else if (learned && d.dynamic) {
      broken(
          DescriptorRule.STE,
          "ste = " + d.ste + " with dynamic = true",
          "a learned scale is a parameter: leave one of the two out");
    } else if (d.ste == Ste.LSQ && d.rounding != Rounding.HALF_EVEN) {
      broken(
          DescriptorRule.STE,
          "ste = LSQ with rounding = " + d.rounding,
          "the gradient of a learned step is that of rounding half to even: leave rounding out");
    }
  }
}
