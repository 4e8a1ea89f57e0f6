package dev.bitfold.kernel;

import java.util.Optional;

/** Offers an implementation of the kernels; found by {@link java.util.ServiceLoader}. */
public interface KernelProvider {
  /** The name that {@code -Dbitfold.kernels} selects it by. */
  String name();

  /** The provider with the highest priority is the default; below 0 only if named. */
  int priority();

  /**
   * Why these kernels cannot be used in this JVM, and what would help: a phrase that completes
   * "these kernels are …". Empty if they can.
   */
  default Optional<String> unavailable() {
    return Optional.empty();
  }

  /** The kernels; called once, and only if they are available. */
  QuantKernels create();
}
