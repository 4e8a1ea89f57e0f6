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
 * Tensors of the host go to the card only where the work repays the trip: scans over candidates for
 * an amax, which read a tensor once from the host and many times on the card. One pass over a
 * tensor is shorter on the CPU than the copy to the card and back. From which size on a scan repays
 * it is measured, when the first comes that may. What the card fails, the host does. Safe for
 * concurrent use.
 */
final class WherePays extends ForwardingKernels {
  private static final Logger LOG = LoggerFactory.getLogger(WherePays.class);

  /** Elements times candidates: below, a scan is over before anything could be measured. */
  static final long MIN_WORK = 8L << 20;

  private final QuantKernels card;
  private final QuantKernels host;
  private final LongSupplier nanoTime;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** Null until they are measured. */
  private @Nullable ScanCosts costs;

  WherePays(QuantKernels card, QuantKernels host) {
    this(card, host, System::nanoTime);
  }

  /** Makes kernels with another clock. */
  WherePays(QuantKernels card, QuantKernels host, LongSupplier nanoTime) {
    super(host);
    this.card = card;
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
        card.squaredErrors(x, groups, grid, candidates, out);
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
        costs = ScanCosts.measure(host, card, nanoTime);
        LOG.info("Scans over candidates go to the card where it is faster: {}", costs);
      } catch (CudaException e) {
        costs = ScanCosts.NO_CARD;
        warn(e);
      }
    }
    return costs;
  }

  /** Once: what fails may fail for every tensor. */
  private void warn(CudaException e) {
    if (warned.compareAndSet(false, true)) {
      LOG.warn("A scan that the card failed is made by the {} kernels", host.name(), e);
    }
  }
}
