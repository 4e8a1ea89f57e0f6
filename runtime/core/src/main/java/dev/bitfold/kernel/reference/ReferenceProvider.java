package dev.bitfold.kernel.reference;

import dev.bitfold.kernel.KernelProvider;
import dev.bitfold.kernel.QuantKernels;

/** Offers the reference kernels, only by name. */
public final class ReferenceProvider implements KernelProvider {
  @Override
  public String name() {
    return "reference";
  }

  @Override
  public int priority() {
    return -1;
  }

  @Override
  public QuantKernels create() {
    return new ReferenceKernels();
  }
}
