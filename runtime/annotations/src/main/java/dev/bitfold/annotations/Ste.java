package dev.bitfold.annotations;

/** Names the straight-through estimators: what replaces the gradient of rounding in training. */
public enum Ste {
  /** The gradient passes where {@code |x| <= amax} and is zero elsewhere. */
  CLIP,
  /** The gradient passes everywhere. */
  PASS_THROUGH,
  /**
   * Learned step size quantization (Esser et al., 2020): the scale is trained with its own
   * gradient.
   */
  LSQ,
  /** Parameterized clipping activation (Choi et al., 2018): the clipping range is trained. */
  PACT
}
