package dev.bitfold.cuda.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * Collects the parameters of a launch in the order in which the kernel declares them. Each starts
 * at a multiple of its size, and a struct at a multiple of its largest member's size. Can be reused
 * for each launch. Not safe for concurrent use.
 */
public final class LaunchArguments {
  private static final int ROOM = 1024;

  // CU_LAUNCH_PARAM_BUFFER_POINTER and _SIZE.
  private static final long BUFFER_POINTER = 1;
  private static final long BUFFER_SIZE = 2;

  private final Memory buffer = new Memory(ROOM);
  private final Memory size = new Memory(Long.BYTES);
  private final Memory extra = new Memory(5L * Long.BYTES);
  private int at;

  /** Makes an empty list of arguments. */
  public LaunchArguments() {
    extra.setLong(0, BUFFER_POINTER);
    extra.setPointer(8, buffer);
    extra.setLong(16, BUFFER_SIZE);
    extra.setPointer(24, size);
    extra.setLong(32, 0);
  }

  /** Removes all arguments. */
  public LaunchArguments clear() {
    at = 0;
    return this;
  }

  /** Adds a pointer to the device's memory. */
  public LaunchArguments pointer(DevicePointer pointer) {
    align(Long.BYTES);
    buffer.setLong(at, pointer.address());
    at += Long.BYTES;
    return this;
  }

  /** Adds a 32-bit integer. */
  public LaunchArguments integer(int value) {
    align(Integer.BYTES);
    buffer.setInt(at, value);
    at += Integer.BYTES;
    return this;
  }

  /** Adds a float. */
  public LaunchArguments floating(float value) {
    align(Float.BYTES);
    buffer.setFloat(at, value);
    at += Float.BYTES;
    return this;
  }

  /** Adds a double. */
  public LaunchArguments floating64(double value) {
    align(Double.BYTES);
    buffer.setDouble(at, value);
    at += Double.BYTES;
    return this;
  }

  /** Skips to a multiple of a number of bytes, at the start or the end of a struct. */
  public LaunchArguments align(int bytes) {
    at = (at + bytes - 1) / bytes * bytes;
    return this;
  }

  /** Returns the arguments in the form of the driver's {@code extra}. */
  Pointer extra() {
    size.setLong(0, at);
    return extra;
  }
}
