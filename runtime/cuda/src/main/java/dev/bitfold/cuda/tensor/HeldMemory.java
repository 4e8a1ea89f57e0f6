package dev.bitfold.cuda.tensor;

import dev.bitfold.cuda.driver.DeviceMemory;
import dev.bitfold.cuda.driver.DevicePointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the memory of a tensor, which is not given back while it is in use. It does not refer to
 * the tensor, so that it can be given back when the tensor is no longer reachable.
 */
final class HeldMemory implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceTensor.class);

  private final DeviceMemory memory;
  private final String name;
  private final Throwable made;
  private int users;
  private boolean closed;

  /**
   * Holds memory.
   *
   * @param name the name of the tensor, for messages
   * @param made the stack trace of the place where the tensor was made
   */
  HeldMemory(DeviceMemory memory, String name, Throwable made) {
    this.memory = memory;
    this.name = name;
    this.made = made;
  }

  /**
   * Keeps the memory until {@link #leave}.
   *
   * @return the address of the first byte
   * @throws IllegalStateException if the memory is closed
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

  /** Gives the memory back once it is no longer in use. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      if (users == 0) {
        memory.close();
      }
    }
  }

  /** Gives the memory back, and warns that nobody has closed the tensor. */
  @Override
  public void run() {
    if (!isClosed()) {
      LOG.warn(
          "the {} was never closed, and its memory on the device was only given back when the garbage"
              + " collector found it; it was made here",
          name,
          made);
      close();
    }
  }
}
