package dev.bitfold.cuda.kernel;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.kernel.KernelProvider;
import dev.bitfold.kernel.QuantKernels;
import java.util.Comparator;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Offers a card's kernels: with {@code -Dbitfold.device=cuda} or {@code cuda:n} for everything,
 * without it where the trip from the host and back pays.
 */
public final class CudaProvider implements KernelProvider {
  /** Decided once. */
  private static final class Chosen {
    static final DeviceChoice CHOICE =
        DeviceChoice.of(
            System.getProperty("bitfold.device", ""),
            System.getProperty("bitfold.cuda.driver", ""));
  }

  /** One for the process: the card's memory that it keeps is kept once. */
  private static final class Shared {
    static final CudaKernels CUDA = new CudaKernels(device());
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public int priority() {
    return 100;
  }

  @Override
  public Optional<String> unavailable() {
    String why = Chosen.CHOICE.why();
    return why.isEmpty() ? Optional.empty() : Optional.of(why);
  }

  @Override
  public QuantKernels create() {
    return Chosen.CHOICE.forced() ? Shared.CUDA : new WherePays(Shared.CUDA, host());
  }

  /**
   * The card that {@code -Dbitfold.device} names, or the first.
   *
   * @throws IllegalStateException if there is none that can be used; the message says why
   */
  public static CudaDevice device() {
    CudaDevice device = Chosen.CHOICE.device();
    if (device == null) {
      throw new IllegalStateException("the cuda kernels are " + Chosen.CHOICE.why());
    }
    return device;
  }

  /** The best kernels of the host. */
  private static QuantKernels host() {
    return ServiceLoader.load(KernelProvider.class, CudaProvider.class.getClassLoader()).stream()
        .filter(provider -> provider.type() != CudaProvider.class)
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.priority() >= 0 && provider.unavailable().isEmpty())
        .max(Comparator.comparingInt(KernelProvider::priority))
        .orElseThrow(() -> new IllegalStateException("no kernels for the host found"))
        .create();
  }
}
