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
 * Chooses the kernels: those that {@code -Dbitfold.kernels=NAME} names, or otherwise those with the
 * highest priority that this JVM can use. The choice is made once and logged in one line, with what
 * would make faster kernels available.
 */
public final class Kernels {
  private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);

  private static volatile @Nullable QuantKernels active;

  private Kernels() {}

  /**
   * Returns the kernels that quantizers use by default.
   *
   * @throws IllegalArgumentException if a system property names kernels or a device that do not
   *     exist; the message names the property's value
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
   * Returns the kernels of a name.
   *
   * @throws IllegalArgumentException if there are no kernels of that name, or if they cannot be
   *     used in this JVM; the message lists the names found, or says why
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
                        "no kernels named '" + name + "'; there are " + names(found)));
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
      LOG.info("Bitfold kernels: {} (named by bitfold.kernels)", kernels.name());
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
          LOG.info("Bitfold kernels: {}{}", kernels.name(), better);
          return kernels;
        } catch (LinkageError e) {
          why = "not fit for this JVM: " + e;
        }
      }
      better.append("; the ").append(provider.name()).append(" kernels are ").append(why);
    }
    throw new IllegalStateException("no kernels can be used" + better);
  }

  private static String names(List<KernelProvider> providers) {
    return providers.stream().map(KernelProvider::name).sorted().collect(Collectors.joining(", "));
  }

  /** Returns all providers that can be loaded. */
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
        // A provider that is not in the jar, or not for this JVM, does not prevent the others.
        LOG.debug("kernels that cannot be loaded", e);
      }
    }
  }
}
