package dev.bitfold.kernel.vector;

import dev.bitfold.kernel.KernelProvider;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.cpu.KernelThreads;
import java.util.Optional;

/** Offers the Vector API's kernels where its module is present. */
public final class VectorProvider implements KernelProvider {
  private static final String MODULE = "jdk.incubator.vector";

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public int priority() {
    return 10;
  }

  @Override
  public Optional<String> unavailable() {
    return ModuleLayer.boot().findModule(MODULE).isPresent()
        ? Optional.empty()
        : Optional.of("several times as fast if Java is started with --add-modules " + MODULE);
  }

  @Override
  public QuantKernels create() {
    return new VectorKernels(KernelThreads.shared());
  }
}
