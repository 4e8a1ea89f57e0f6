package dev.bitfold.cuda.driver;

/** Memory of a card. Closed once; not to be used afterwards. */
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

  /** Returns where it starts, at a multiple of 256 bytes. */
  public DevicePointer start() {
    return start;
  }

  /** Its size. */
  public long bytes() {
    return bytes;
  }

  /** Gives the memory back; the driver waits for what still uses it. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      device.call("memFree", () -> device.calls().memFree(start.address()));
    }
  }
}
