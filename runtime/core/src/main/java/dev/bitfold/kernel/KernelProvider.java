package dev.bitfold.kernel;

import java.util.Optional;

/** Offers an implementation of the kernels. {@link java.util.ServiceLoader} finds it. */
public interface KernelProvider {
  /** Returns the name by which {@code -Dbitfold.kernels} selects the kernels. */
  String name();

  /**
   * Returns the priority. The provider with the highest one is the default. A provider below 0 is
   * used only if it is named.
   */
  int priority();

  /**
   * Returns why these kernels cannot be used in this JVM, and what would help, as a phrase that
   * completes "these kernels are …". Empty if they can be used.
   */
  default Optional<String> unavailable() {
    return Optional.empty();
  }

  /** Returns the kernels. Called once, and only if the kernels are available. */
  QuantKernels create();
}
