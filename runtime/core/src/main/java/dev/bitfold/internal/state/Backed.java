package dev.bitfold.internal.state;

/**
 * Something that users hold and engines of other modules open: bitfold-samediff a plan,
 * bitfold-onnx a quantized model. Users see no method of it.
 *
 * @param <T> what is in it
 */
public abstract class Backed<T> {
  /** Returns what is in it; see {@link #contentsOf}. */
  protected abstract T contents();

  /** Returns what is in something that a user holds. */
  public static <T> T contentsOf(Backed<T> backed) {
    return backed.contents();
  }
}
