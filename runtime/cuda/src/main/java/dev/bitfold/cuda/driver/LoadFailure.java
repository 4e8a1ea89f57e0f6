package dev.bitfold.cuda.driver;

/** Why a library cannot be used, in one line. */
public final class LoadFailure {
  private LoadFailure() {}

  /** The loader's own words; JNA's go on with every place where it has looked. */
  public static String reason(LinkageError e) {
    return String.valueOf(e.getMessage())
        .lines()
        .filter(line -> !line.startsWith("Unable to load library"))
        .findFirst()
        .orElse(e.toString());
  }
}
