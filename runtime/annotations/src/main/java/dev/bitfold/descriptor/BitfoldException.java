package dev.bitfold.descriptor;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * Signals that something from outside cannot be used: a descriptor, calibration data, a file or a
 * device. Every exception class of Bitfold extends it, so that one {@code catch} takes them all.
 *
 * <p>A mistake in the calling code is an exception of the JDK instead: {@link
 * IllegalArgumentException} for an argument, {@link IllegalStateException} for a call out of order,
 * {@link NullPointerException} for null. A file that cannot be read or written is a {@link
 * java.io.IOException}.
 */
public abstract class BitfoldException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /** Makes an exception with a message that names what cannot be used. */
  protected BitfoldException(String message) {
    super(message);
  }

  /** Makes an exception with its cause, which may be null. */
  protected BitfoldException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
