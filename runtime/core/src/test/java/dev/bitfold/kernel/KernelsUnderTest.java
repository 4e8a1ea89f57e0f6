package dev.bitfold.kernel;

import dev.bitfold.kernel.cpu.CpuKernels;
import dev.bitfold.kernel.cpu.KernelThreads;
import dev.bitfold.kernel.vector.VectorKernels;
import dev.bitfold.kernel.vector.VectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The kernels that tests compare with an oracle. */
public final class KernelsUnderTest {
  private static final Map<Integer, KernelThreads> POOLS = new ConcurrentHashMap<>();

  private KernelsUnderTest() {}

  /**
   * The fast kernels that this JVM can use, with each of these numbers of threads; small tensors do
   * not take another way. Or those that {@code -Dbitfold.test.kernels} names: another module's,
   * whose threads are its own affair.
   */
  public static List<QuantKernels> fast(int... threads) {
    String named = System.getProperty("bitfold.test.kernels", "");
    if (!named.isEmpty()) {
      return List.of(Kernels.named(named));
    }
    List<QuantKernels> fast = new ArrayList<>();
    for (int count : threads) {
      KernelThreads pool = POOLS.computeIfAbsent(count, KernelThreads::new);
      fast.add(new CpuKernels(pool));
      if (new VectorProvider().unavailable().isEmpty()) {
        fast.add(new VectorKernels(pool, 1));
      }
    }
    return fast;
  }

  /** The reference kernels and {@link #fast}. */
  public static List<QuantKernels> all() {
    List<QuantKernels> all = new ArrayList<>(fast(2));
    all.add(0, Kernels.named("reference"));
    return all;
  }
}
