package dev.bitfold.processor.lang;

/**
 * Signals that a type does not exist, or does not exist yet: another processor may write it in a
 * later round.
 */
public final class UnresolvedTypeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param name the type's name as written in the source
   */
  public UnresolvedTypeException(String name) {
    super(name);
  }

  /** Returns the type's name as written in the source. */
  public String typeName() {
    return String.valueOf(getMessage());
  }
}
