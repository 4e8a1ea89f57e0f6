package dev.bitfold.cuda.kernel;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.kernel.KernelProvider;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Setting;
import java.util.Comparator;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Offers a device's kernels. With {@code -Dbitfold.device=cuda} or {@code cuda:n}, they are used
 * for everything. Otherwise, they are used where the trip to the device and back pays.
 */
public final class CudaProvider implements KernelProvider {
  private static volatile @Nullable DeviceChoice decided;

  /** Holds the kernels of the process, so that idle device memory is kept only once. */
  private static final class Shared {
    static final CudaKernels CUDA = new CudaKernels(device());
  }

  /** Returns the choice, which is made once unless the property cannot be read. */
  private static DeviceChoice choice() {
    DeviceChoice choice = decided;
    if (choice == null) {
      synchronized (CudaProvider.class) {
        choice = decided;
        if (choice == null) {
          choice = DeviceChoice.of(Setting.DEVICE.text(), Setting.CUDA_DRIVER.text());
          decided = choice;
        }
      }
    }
    return choice;
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
    String why = choice().why();
    return why.isEmpty() ? Optional.empty() : Optional.of(why);
  }

  @Override
  public QuantKernels create() {
    return choice().forced() ? Shared.CUDA : new WherePays(Shared.CUDA, host());
  }

  /**
   * Returns the device that {@code -Dbitfold.device} names, or the first device.
   *
   * @throws IllegalStateException if no device can be used; the message says why
   * @throws IllegalArgumentException if the property is not cpu, cuda or cuda:n
   */
  public static CudaDevice device() {
    CudaDevice device = choice().device();
    if (device == null) {
      throw new IllegalStateException("the cuda kernels are " + choice().why());
    }
    return device;
  }

  /** Returns the best kernels of the host. */
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
