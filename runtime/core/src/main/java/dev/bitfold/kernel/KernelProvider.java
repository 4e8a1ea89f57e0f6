package dev.bitfold.kernel;

/** Offers an implementation of the kernels; found by {@link java.util.ServiceLoader}. */
public interface KernelProvider {
  /** The name that {@code -Dbitfold.kernels} selects it by. */
  String name();

  /** The provider with the highest priority is the default; below 0 only if named. */
  int priority();

  /** The kernels; called once. */
  QuantKernels create();
}
