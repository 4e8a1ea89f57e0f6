package dev.bitfold.annotations;

/** Which tensors of a layer a {@link Quantize} speaks of. */
public enum Role {
  /** The tensors marked {@link Weight}. */
  WEIGHT,
  /** The forward parameters marked {@link Input}. */
  INPUT,
  /** The tensor that {@code forward} returns; summaries and files call it {@code output}. */
  OUTPUT
}
