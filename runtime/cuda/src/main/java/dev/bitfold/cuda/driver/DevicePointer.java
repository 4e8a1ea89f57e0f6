package dev.bitfold.cuda.driver;

/**
 * An address in a device's memory: no offset, size or address of the host can be mistaken for it.
 *
 * @param address as the driver counts, in bytes; 0 points nowhere
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
