package dev.bitfold.storage;

import dev.bitfold.descriptor.BitfoldException;
import java.io.Serial;
import java.nio.file.Path;

/** A file is not what it should be: damaged, of another format, or of another model. */
public final class StateFileException extends BitfoldException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Makes an exception that says what is wrong with a file.
   *
   * @param file the file, which begins the message
   * @param what what is wrong with it
   */
  public StateFileException(Path file, String what) {
    super(file + ": " + what);
  }
}
