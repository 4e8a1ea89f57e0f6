package dev.bitfold.cli.input;

import dev.bitfold.descriptor.BitfoldException;
import org.jspecify.annotations.Nullable;

/** What the command line names cannot be used. The message is one line. */
public final class BadInputException extends BitfoldException {
  private static final long serialVersionUID = 1L;

  /** With a message that names what cannot be used. */
  public BadInputException(String message) {
    this(message, null);
  }

  /** With a cause. */
  public BadInputException(String message, @Nullable Throwable cause) {
    super(message.replaceAll("\\s*[\\r\\n]+\\s*", " ").strip(), cause);
  }
}
