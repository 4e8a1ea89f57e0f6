package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.KernelProvider;
import dev.bitfold.kernel.QuantKernels;

/** Offers the CPU kernels, which are the default if there are no faster ones. */
public final class CpuProvider implements KernelProvider {
  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public QuantKernels create() {
    return new CpuKernels(KernelThreads.shared());
  }
}
