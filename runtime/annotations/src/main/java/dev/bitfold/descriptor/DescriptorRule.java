package dev.bitfold.descriptor;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Quantize;

/**
 * Names the rules for valid descriptors. Each rule belongs to one element of {@link Quantize}. The
 * compiler reports a broken rule at the value of that element.
 */
public enum DescriptorRule {
  /** {@code bits} holds one number or two. */
  BITS_COUNT("bits"),
  /** An integer format of that many bits exists. */
  INT_BITS("bits"),
  /** A float format of that many exponent and mantissa bits exists. */
  FLOAT_BITS("bits"),
  /** A named format goes without {@code bits} and the options of integers. */
  FORMAT_WITH_BITS("format"),
  /** A format whose grid is a table goes without {@code rounding}. */
  ROUNDING("rounding"),
  /** Only integer formats have a narrow range. */
  NARROW_FLOAT("narrowRange"),
  /** An axis is named once, whether from the front or from the end. */
  AXIS_TWICE("axis"),
  /** The axes are given by number or by letter, not both. */
  AXIS_AND_PER("per"),
  /** {@code per} consists of layout letters, each once. */
  PER_LETTERS("per"),
  /** Kept axes and blocks exclude each other. */
  AXIS_AND_BLOCKS("blockSizes"),
  /** A block has at least one element. */
  BLOCK_SIZE("blockSizes"),
  /** An axis is blocked once. */
  BLOCK_TWICE("blockSizes"),
  /** A block is along one layout letter. */
  BLOCK_LETTER("blockSizes"),
  /** Scales are E8M0, E4M3 or integers. */
  SCALE_BITS("scaleBits"),
  /** Only block scales are quantized. */
  SCALE_BITS_WITHOUT_BLOCKS("scaleBits"),
  /** Blocks of scales need integer scales, and there is one block. */
  SCALE_BLOCKS("scaleBlockSizes"),
  /** The format of the scales has the rule. */
  SCALE_RULE("scaleRule"),
  /** A percentile is above 0 and at most 100. */
  PERCENTILE_RANGE("percentile"),
  /** Only {@link Calib#PERCENTILE} uses a percentile. */
  PERCENTILE_UNUSED("percentile"),
  /** The number of bins is a power of two from 128 to 65,536. */
  BINS_RANGE("bins"),
  /** Only calibrators with a histogram use bins. */
  BINS_UNUSED("bins"),
  /** A dynamic scale is not calibrated. */
  CALIB_AND_DYNAMIC("calib"),
  /** The method can find a scale of this kind. */
  CALIB_METHOD("calib"),
  /** A fixed amax is not dynamic, except for the amax of a global scale. */
  AMAX_AND_DYNAMIC("amax"),
  /** An amax is finite and not negative. */
  AMAX_VALUE("amax"),
  /** Several amax belong to the places of a kept axis. */
  AMAX_COUNT("amax"),
  /** A factor on the amax is finite and not negative, and there is an amax. */
  SCALE_AMAX("scaleAmax"),
  /** A learned amax is per tensor, static, and of a symmetric format. */
  LEARN_AMAX("learnAmax"),
  /** A zero point belongs to an integer format without blocks. */
  AFFINE("affine"),
  /** Learned scales are static. */
  STE("ste"),
  /** Letters need a layout. */
  LETTERS_WITHOUT_LAYOUT("per"),
  /** A kept axis is in the layout. */
  PER_NOT_IN_LAYOUT("per"),
  /** An axis is within the layout's rank. */
  AXIS_RANK("axis"),
  /** A blocked axis is in the layout. */
  BLOCK_NOT_IN_LAYOUT("blockSizes"),
  /** A calibrated input or output scale does not depend on the place in the batch or sequence. */
  STATIC_TOKEN("dynamic");

  private final String element;

  DescriptorRule(String element) {
    this.element = element;
  }

  /** Returns the element of {@link Quantize} that the rule belongs to. */
  public String element() {
    return element;
  }
}
