package dev.bitfold.kernel;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * Chooses the kernels: the provider that {@code -Dbitfold.kernels=NAME} names, else the one with
 * the highest priority. Decided once.
 */
public final class Kernels {
  private static final class Active {
    static final QuantKernels KERNELS = choose(System.getProperty("bitfold.kernels", ""));
  }

  private Kernels() {}

  /** The kernels that quantizers use unless told otherwise. */
  public static QuantKernels active() {
    return Active.KERNELS;
  }

  /**
   * The kernels of a name.
   *
   * @throws IllegalArgumentException if no provider has it; the message lists those found
   */
  public static QuantKernels named(String name) {
    return choose(name);
  }

  private static QuantKernels choose(String name) {
    List<KernelProvider> found = new ArrayList<>();
    ServiceLoader.load(KernelProvider.class, Kernels.class.getClassLoader()).forEach(found::add);
    return found.stream()
        .filter(p -> name.isEmpty() ? p.priority() >= 0 : p.name().equals(name))
        .max(Comparator.comparingInt(KernelProvider::priority))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no kernels of the name \""
                        + name
                        + "\"; found are "
                        + found.stream()
                            .map(KernelProvider::name)
                            .sorted()
                            .collect(Collectors.joining(", "))))
        .create();
  }
}
