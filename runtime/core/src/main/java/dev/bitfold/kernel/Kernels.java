package dev.bitfold.kernel;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the kernels: the provider that {@code -Dbitfold.kernels=NAME} names, else of those that
 * this JVM can use the one with the highest priority. Decided once, and then logged in one line,
 * with what would make a faster one available.
 */
public final class Kernels {
  private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);

  private static volatile @Nullable QuantKernels active;

  private Kernels() {}

  /**
   * The kernels that quantizers use unless told otherwise.
   *
   * @throws IllegalArgumentException if a system property names what is not there; the message says
   *     which
   */
  public static QuantKernels active() {
    QuantKernels chosen = active;
    return chosen == null ? choose() : chosen;
  }

  private static synchronized QuantKernels choose() {
    QuantKernels chosen = active;
    if (chosen == null) {
      chosen = active(Setting.KERNELS.text());
      active = chosen;
    }
    return chosen;
  }

  /**
   * The kernels of a name.
   *
   * @throws IllegalArgumentException if no provider has it, or they cannot be used in this JVM; the
   *     message lists those found, or says why
   */
  public static QuantKernels named(String name) {
    List<KernelProvider> found = found();
    KernelProvider provider =
        found.stream()
            .filter(p -> p.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no kernels of the name \"" + name + "\"; found are " + names(found)));
    provider
        .unavailable()
        .ifPresent(
            why -> {
              throw new IllegalArgumentException("the " + name + " kernels are " + why);
            });
    return provider.create();
  }

  private static QuantKernels active(String name) {
    if (!name.isEmpty()) {
      QuantKernels kernels = named(name);
      LOG.info("Bitfold quantizes with the {} kernels, as bitfold.kernels says", kernels.name());
      return kernels;
    }
    List<KernelProvider> byPriority =
        found().stream()
            .filter(p -> p.priority() >= 0)
            .sorted(Comparator.comparingInt(KernelProvider::priority).reversed())
            .toList();
    StringBuilder better = new StringBuilder();
    for (KernelProvider provider : byPriority) {
      String why = provider.unavailable().orElse("");
      if (why.isEmpty()) {
        try {
          QuantKernels kernels = provider.create();
          LOG.info("Bitfold quantizes with the {} kernels{}", kernels.name(), better);
          return kernels;
        } catch (LinkageError e) {
          why = "not fit for this JVM: " + e;
        }
      }
      better.append("; the ").append(provider.name()).append(" kernels are ").append(why);
    }
    throw new IllegalStateException("no kernels found" + better);
  }

  private static String names(List<KernelProvider> providers) {
    return providers.stream().map(KernelProvider::name).sorted().collect(Collectors.joining(", "));
  }

  /** All that can be loaded. */
  private static List<KernelProvider> found() {
    List<KernelProvider> found = new ArrayList<>();
    Iterator<KernelProvider> providers =
        ServiceLoader.load(KernelProvider.class, Kernels.class.getClassLoader()).iterator();
    while (true) {
      try {
        if (!providers.hasNext()) {
          return found;
        }
        found.add(providers.next());
      } catch (ServiceConfigurationError | LinkageError e) {
        // One that is not in the jar, or not for this JVM, is no reason to do without the others.
        LOG.debug("kernels that cannot be loaded", e);
      }
    }
  }
}
