package dev.bitfold.descriptor;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Quantize;

/**
 * The rules for valid descriptors. Each belongs to one element of {@link Quantize}, at whose value
 * the compiler reports it.
 */
public enum DescriptorRule {
  /** {@code bits} is one number or two. */
  BITS_COUNT("bits"),
  /** An integer format of so many bits exists. */
  INT_BITS("bits"),
  /** A float format of so many exponent and mantissa bits exists. */
  FLOAT_BITS("bits"),
  /** A named format leaves {@code bits} and the integer options alone. */
  FORMAT_WITH_BITS("format"),
  /** A table format has no rounding to choose. */
  ROUNDING("rounding"),
  /** Only integer formats have a narrow range. */
  NARROW_FLOAT("narrowRange"),
  /** An axis is named once, whether from the front or from the end. */
  AXIS_TWICE("axis"),
  /** The axes are given by number or by letter, not both. */
  AXIS_AND_PER("per"),
  /** {@code per} is made of layout letters, each once. */
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
  /** Blocks of scales need integer scales, and are one run. */
  SCALE_BLOCKS("scaleBlockSizes"),
  /** The kind of scale knows the rule. */
  SCALE_RULE("scaleRule"),
  /** A percentile is above 0 and at most 100. */
  PERCENTILE_RANGE("percentile"),
  /** A percentile is used by {@link Calib#PERCENTILE} alone. */
  PERCENTILE_UNUSED("percentile"),
  /** Bins are a power of two from 128 to 65,536. */
  BINS_RANGE("bins"),
  /** Bins are used by histograms alone. */
  BINS_UNUSED("bins"),
  /** A dynamic scale is not calibrated. */
  CALIB_AND_DYNAMIC("calib"),
  /** The method can find a scale of this kind. */
  CALIB_METHOD("calib"),
  /** A fixed amax is not dynamic, that of a global scale aside. */
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

  /** The element of {@link Quantize} that the rule is about. */
  public String element() {
    return element;
  }
}
