package dev.bitfold.annotations;

/** Where a value goes that lies between two numbers of the format. */
public enum Rounding {
  /**
   * To the nearest; a tie to the one whose last bit is even, as IEEE 754 does. A float format
   * without mantissa bits has no such bit: its ties go away from zero, as in NVIDIA ModelOpt.
   */
  HALF_EVEN,
  /** To the nearest; a tie away from zero. */
  HALF_AWAY,
  /** To the nearest; a tie towards zero. */
  HALF_TOWARD_ZERO,
  /** Towards zero: what lies behind is cut off. */
  TOWARD_ZERO
}
