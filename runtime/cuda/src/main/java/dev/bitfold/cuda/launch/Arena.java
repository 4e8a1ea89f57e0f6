package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DeviceMemory;
import dev.bitfold.cuda.driver.DevicePointer;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives out memory of a device for one operation, and takes all of it back at once. It grows to the
 * size of the largest operation, so that a second one of that size allocates nothing. Not safe for
 * concurrent use.
 */
final class Arena implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Arena.class);
  private static final long ALIGNMENT = 256;
  private static final long MIN_BYTES = 1 << 20;

  private final CudaDevice device;
  private final List<DeviceMemory> blocks = new ArrayList<>();
  private long left;
  private DevicePointer next = DevicePointer.NULL;
  private long taken;

  Arena(CudaDevice device) {
    this.device = device;
  }

  /**
   * Gives out memory until the next {@link #reset}.
   *
   * @return the address of the first byte, a multiple of 256 bytes
   */
  DevicePointer take(long bytes) {
    long size = Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    taken += size;
    if (size > left) {
      DeviceMemory block = device.allocate(Math.max(size, MIN_BYTES));
      blocks.add(block);
      next = block.start();
      left = block.bytes();
    }
    DevicePointer start = next;
    next = next.plus(size);
    left -= size;
    return start;
  }

  /** Takes all memory back. None of it may be in use any more. */
  void reset() {
    if (blocks.size() > 1) {
      // One block of the whole size next time.
      close();
      try {
        blocks.add(device.allocate(taken));
      } catch (CudaException e) {
        // The operation is done; the next asks for what it needs.
        LOG.debug("no block for the next operation", e);
      }
    }
    if (!blocks.isEmpty()) {
      next = blocks.get(0).start();
      left = blocks.get(0).bytes();
    }
    taken = 0;
  }

  @Override
  public void close() {
    for (DeviceMemory block : blocks) {
      block.close();
    }
    blocks.clear();
    left = 0;
  }
}
