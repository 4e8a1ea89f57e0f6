package dev.bitfold.cuda.tensor;

import dev.bitfold.cuda.driver.DeviceMemory;
import dev.bitfold.cuda.driver.DevicePointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory of a tensor, which stays while it is in use. It knows nothing of the tensor itself, so
 * that it can be given back when nobody knows that any more.
 */
final class HeldMemory implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceTensor.class);

  private final DeviceMemory memory;
  private final String name;
  private final Throwable made;
  private int users;
  private boolean closed;

  /**
   * @param name of the tensor, for messages
   * @param made where
   */
  HeldMemory(DeviceMemory memory, String name, Throwable made) {
    this.memory = memory;
    this.name = name;
    this.made = made;
  }

  /**
   * Keeps the memory until {@link #leave}.
   *
   * @return where it starts
   * @throws IllegalStateException if it is closed
   */
  synchronized DevicePointer enter() {
    if (closed) {
      throw new IllegalStateException("the " + name + " is closed");
    }
    users++;
    return memory.start();
  }

  synchronized void leave() {
    users--;
    if (closed && users == 0) {
      memory.close();
    }
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Gives the memory back, once it is not in use. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      if (users == 0) {
        memory.close();
      }
    }
  }

  /** Nobody can close it any more. */
  @Override
  public void run() {
    if (!isClosed()) {
      LOG.warn(
          "the {} was never closed, and its memory on the card was only given back when the garbage"
              + " collector found it; it was made here",
          name,
          made);
      close();
    }
  }
}
