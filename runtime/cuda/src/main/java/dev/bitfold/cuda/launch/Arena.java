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
 * Memory of a card for what one operation needs, given out from the front and taken back at once.
 * It grows to what the largest operation took, so that one like it allocates nothing. Of one thread
 * at a time.
 */
final class Arena implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Arena.class);
  private static final long ALIGNMENT = 256;
  private static final long LEAST = 1 << 20;

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
   * @return where it starts, at a multiple of 256 bytes
   */
  DevicePointer take(long bytes) {
    long size = Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    taken += size;
    if (size > left) {
      DeviceMemory block = device.allocate(Math.max(size, LEAST));
      blocks.add(block);
      next = block.start();
      left = block.bytes();
    }
    DevicePointer start = next;
    next = next.plus(size);
    left -= size;
    return start;
  }

  /** Takes everything back. What was given out must not be in use any more. */
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
