package dev.bitfold.processor.lang;

/** A type does not exist, or not yet: another processor may write it in a later round. */
public final class UnresolvedTypeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With the name as the source writes it. */
  public UnresolvedTypeException(String name) {
    super(name);
  }

  /** The name as the source writes it. */
  public String typeName() {
    return String.valueOf(getMessage());
  }
}
