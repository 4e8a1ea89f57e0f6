package dev.bitfold.kernel;

/**
 * Names all system properties that Bitfold reads. {@code docs/configuration.md} describes their
 * values. Every module reads them through this class.
 */
public enum Setting {
  /** The name of the kernels that quantizers use instead of the fastest ones. */
  KERNELS("bitfold.kernels"),

  /** The number of threads that work on a large tensor. */
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

  /** Returns the current value; empty if the property is not set. */
  public String text() {
    return System.getProperty(property, "").strip();
  }

  /**
   * Returns the current value as a number.
   *
   * @param otherwise the number if the property is not set
   * @throws IllegalArgumentException if the value is not a whole number from 1
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
