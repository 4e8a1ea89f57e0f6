package dev.bitfold.internal.state;

/**
 * Gives engines of other modules access to the contents of an object that users hold:
 * bitfold-samediff to a plan, bitfold-onnx to a quantized model. It has no public method for users.
 *
 * @param <T> the type of the contents
 */
public abstract class Backed<T> {
  /** Returns the contents; see {@link #contentsOf}. */
  protected abstract T contents();

  /** Returns the contents of an object that a user holds. */
  public static <T> T contentsOf(Backed<T> backed) {
    return backed.contents();
  }
}
