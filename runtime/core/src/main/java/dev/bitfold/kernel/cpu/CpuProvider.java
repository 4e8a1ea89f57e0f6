package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.KernelProvider;
import dev.bitfold.kernel.QuantKernels;

/** Offers the CPU kernels: the default where there is nothing faster. */
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
