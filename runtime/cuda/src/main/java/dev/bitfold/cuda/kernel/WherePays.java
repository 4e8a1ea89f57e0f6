package dev.bitfold.cuda.kernel;

import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.kernel.ForwardingKernels;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs scans over candidates for an amax on the device if that is faster, and everything else on
 * the host. A scan reads a tensor once from the host and many times on the device. A single pass
 * over a tensor takes less time on the CPU than the copy to the device and back. The size from
 * which scans pay is measured once, before the first scan that is large enough. If the device
 * fails, the host computes the scan. Safe for concurrent use.
 */
final class WherePays extends ForwardingKernels {
  private static final Logger LOG = LoggerFactory.getLogger(WherePays.class);

  /** The product of elements and candidates below which a scan is too short to measure. */
  static final long MIN_WORK = 8L << 20;

  private final QuantKernels device;
  private final QuantKernels host;
  private final LongSupplier nanoTime;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** The costs; null until they are measured. */
  private @Nullable ScanCosts costs;

  WherePays(QuantKernels device, QuantKernels host) {
    this(device, host, System::nanoTime);
  }

  /** Makes kernels with another clock. */
  WherePays(QuantKernels device, QuantKernels host, LongSupplier nanoTime) {
    super(host);
    this.device = device;
    this.host = host;
    this.nanoTime = nanoTime;
  }

  @Override
  public String name() {
    return host.name() + ", CUDA for large candidate scans";
  }

  @Override
  public void squaredErrors(
      Source x, Groups groups, Grid grid, Scales[] candidates, double[][] out) {
    if (pays(groups.elements(), candidates.length)) {
      try {
        device.squaredErrors(x, groups, grid, candidates, out);
        return;
      } catch (CudaException e) {
        warn(e);
      }
    }
    host.squaredErrors(x, groups, grid, candidates, out);
  }

  private boolean pays(long elements, int candidates) {
    return candidates > 1
        && elements * candidates >= MIN_WORK
        && costs().pays(elements, candidates);
  }

  private synchronized ScanCosts costs() {
    if (costs == null) {
      try {
        costs = ScanCosts.measure(host, device, nanoTime);
        LOG.info("Scans over candidates run on the device where that is faster: {}", costs);
      } catch (CudaException e) {
        costs = ScanCosts.NO_DEVICE;
        warn(e);
      }
    }
    return costs;
  }

  /** Warns once, because every tensor may fail. */
  private void warn(CudaException e) {
    if (warned.compareAndSet(false, true)) {
      LOG.warn("The device failed; the {} kernels compute its scans", host.name(), e);
    }
  }
}
