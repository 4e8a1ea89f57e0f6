package dev.bitfold.cuda.driver;

/**
 * Holds an address in a device's memory, so that it cannot be confused with an offset, a size or an
 * address of the host.
 *
 * @param address the driver's address, in bytes; 0 points nowhere
 */
public record DevicePointer(long address) {
  /** Points nowhere: what a kernel takes for an input that is left out. */
  public static final DevicePointer NULL = new DevicePointer(0);

  /** Returns whether this points nowhere. */
  public boolean isNull() {
    return address == 0;
  }

  /** Returns the pointer that many bytes further. */
  public DevicePointer plus(long bytes) {
    return new DevicePointer(address + bytes);
  }
}
