package dev.bitfold.annotations;

/** Names the ways to round a value that lies between two numbers of the format. */
public enum Rounding {
  /**
   * To the nearest number; a tie to the number whose last bit is even, as in IEEE 754. A float
   * format without mantissa bits has no such bit. Its ties go away from zero, as in NVIDIA
   * ModelOpt.
   */
  HALF_EVEN,
  /** To the nearest number; a tie away from zero. */
  HALF_AWAY,
  /** To the nearest number; a tie towards zero. */
  HALF_TOWARD_ZERO,
  /** Towards zero. */
  TOWARD_ZERO
}
