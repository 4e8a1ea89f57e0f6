package dev.bitfold.golden;

import dev.bitfold.descriptor.BitfoldException;

/** Distinguishes an exception that the library throws on purpose from an accidental one. */
final class Refusal {
  private Refusal() {}

  /**
   * Whether the library refused: an exception of ours, or an illegal argument or state, with a
   * message.
   */
  static boolean isOurs(Throwable thrown) {
    boolean kind =
        thrown instanceof IllegalArgumentException
            || thrown instanceof IllegalStateException
            || thrown instanceof BitfoldException
            || thrown instanceof UnsupportedOperationException
            || thrown instanceof ArithmeticException;
    StackTraceElement[] trace = thrown.getStackTrace();
    return kind
        && thrown.getMessage() != null
        && !thrown.getMessage().isBlank()
        && trace.length > 0
        && trace[0].getClassName().startsWith("dev.bitfold.")
        && !trace[0].getClassName().startsWith("dev.bitfold.golden.");
  }
}
