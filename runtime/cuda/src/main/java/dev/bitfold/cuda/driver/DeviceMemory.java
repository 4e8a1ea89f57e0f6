package dev.bitfold.cuda.driver;

/** Holds memory of a device. It must not be used after {@link #close}. */
public final class DeviceMemory implements AutoCloseable {
  private final CudaDevice device;
  private final DevicePointer start;
  private final long bytes;
  private boolean closed;

  DeviceMemory(CudaDevice device, DevicePointer start, long bytes) {
    this.device = device;
    this.start = start;
    this.bytes = bytes;
  }

  /** Returns the address of the first byte, a multiple of 256 bytes. */
  public DevicePointer start() {
    return start;
  }

  /** Returns the number of bytes. */
  public long bytes() {
    return bytes;
  }

  /** Gives the memory back. The driver waits for work that still uses it. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      device.call("memFree", () -> device.calls().memFree(start.address()));
    }
  }
}
