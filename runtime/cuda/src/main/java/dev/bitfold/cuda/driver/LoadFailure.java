package dev.bitfold.cuda.driver;

/** Explains in one line why a library cannot be used. */
public final class LoadFailure {
  private LoadFailure() {}

  /** Returns the loader's own words, without the list of places that JNA adds. */
  public static String reason(LinkageError e) {
    return String.valueOf(e.getMessage())
        .lines()
        .filter(line -> !line.startsWith("Unable to load library"))
        .findFirst()
        .orElse(e.toString());
  }
}
