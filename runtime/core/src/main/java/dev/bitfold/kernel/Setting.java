package dev.bitfold.kernel;

/**
 * The system properties that Bitfold reads, all of them; {@code docs/configuration.md} says what
 * each takes. Every module reads them here.
 */
public enum Setting {
  /** The name of the kernels that quantizers use, in place of the best ones. */
  KERNELS("bitfold.kernels"),

  /** The number of threads that a tensor is divided among. */
  THREADS("bitfold.threads"),

  /** The device that every kernel runs on: cpu, cuda or cuda:n. */
  DEVICE("bitfold.device"),

  /** The path of the CUDA driver's library. */
  CUDA_DRIVER("bitfold.cuda.driver"),

  /** The path of cuBLAS's library, or off. */
  CUBLAS("bitfold.cublas");

  private final String property;

  Setting(String property) {
    this.property = property;
  }

  /** Returns the name of the system property. */
  public String property() {
    return property;
  }

  /** Returns the text that was given, as it is now; empty if none was. */
  public String text() {
    return System.getProperty(property, "").strip();
  }

  /**
   * Returns the number that was given.
   *
   * @param otherwise what is used if none was
   * @throws IllegalArgumentException if it is not a whole number from 1
   */
  public int count(int otherwise) {
    String text = text();
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      int count = Integer.parseInt(text);
      if (count >= 1) {
        return count;
      }
    } catch (NumberFormatException e) {
      // Refused below.
    }
    throw new IllegalArgumentException(property + "=" + text + " is not a whole number from 1");
  }
}
