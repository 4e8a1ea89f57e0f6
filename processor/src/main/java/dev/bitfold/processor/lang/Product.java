package dev.bitfold.processor.lang;

/** A matrix product: the last axis of the left operand is summed with the first of the right. */
public record Product(Operand left, Operand right) {
  /**
   * A parameter or member.
   *
   * @param name its name
   * @param transposed whether the product is with its transpose
   */
  public record Operand(String name, boolean transposed) {
    /** Returns whether it has this name. */
    public boolean is(String other) {
      return name.equals(other);
    }
  }
}
