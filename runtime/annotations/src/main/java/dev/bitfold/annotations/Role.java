package dev.bitfold.annotations;

/** Names the tensors of a layer that a {@link Quantize} applies to. */
public enum Role {
  /** The tensors marked {@link Weight}. */
  WEIGHT,
  /** The forward parameters marked {@link Input}. */
  INPUT,
  /** The tensor that {@code forward} returns; summaries and files call it {@code output}. */
  OUTPUT
}
