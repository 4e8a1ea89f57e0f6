package dev.bitfold.processor.lang;

/**
 * Describes a matrix product, in which the last axis of the left operand is summed with the first
 * axis of the right operand.
 */
public record Product(Operand left, Operand right) {
  /**
   * Describes a parameter or member in a product.
   *
   * @param name its name
   * @param transposed whether the product uses its transpose
   */
  public record Operand(String name, boolean transposed) {
    /** Returns whether the operand has this name. */
    public boolean is(String other) {
      return name.equals(other);
    }
  }
}
