package dev.bitfold.examples.embeddings.load;

/**
 * A file that the user gave cannot be used. The message is one line: the file and what is wrong.
 */
public final class BadInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong with a file. */
  public BadInputException(String file, String problem) {
    this(file, problem, null);
  }

  /** Says what is wrong with a file, and keeps what was thrown. */
  public BadInputException(String file, String problem, Throwable cause) {
    super((file + ": " + problem).replaceAll("\\s*[\\r\\n]+\\s*", " ").strip(), cause);
  }
}
