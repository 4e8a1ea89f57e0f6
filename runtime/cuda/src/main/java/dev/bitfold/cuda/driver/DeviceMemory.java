package dev.bitfold.cuda.driver;

/** Memory of a card. Closed once; not to be used afterwards. */
public final class DeviceMemory implements AutoCloseable {
  private final CudaDevice device;
  private final long address;
  private final long bytes;
  private boolean closed;

  DeviceMemory(CudaDevice device, long address, long bytes) {
    this.device = device;
    this.address = address;
    this.bytes = bytes;
  }

  /** Its address on the card, a multiple of 256. */
  public long address() {
    return address;
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
      device.call("memFree", () -> device.calls().memFree(address));
    }
  }
}
