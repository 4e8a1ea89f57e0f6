package dev.bitfold.cuda.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * The parameters of a launch, one behind the other as a kernel declares them: each at a multiple of
 * its size, a struct at a multiple of its largest member's. Used again for each launch, by one
 * thread at a time.
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

  /** Without arguments yet. */
  public LaunchArguments() {
    extra.setLong(0, BUFFER_POINTER);
    extra.setPointer(8, buffer);
    extra.setLong(16, BUFFER_SIZE);
    extra.setPointer(24, size);
    extra.setLong(32, 0);
  }

  /** Starts anew. */
  public LaunchArguments clear() {
    at = 0;
    return this;
  }

  /** A pointer to the device's memory. */
  public LaunchArguments pointer(DevicePointer pointer) {
    align(Long.BYTES);
    buffer.setLong(at, pointer.address());
    at += Long.BYTES;
    return this;
  }

  /** A 32-bit integer. */
  public LaunchArguments integer(int value) {
    align(Integer.BYTES);
    buffer.setInt(at, value);
    at += Integer.BYTES;
    return this;
  }

  /** A float. */
  public LaunchArguments floating(float value) {
    align(Float.BYTES);
    buffer.setFloat(at, value);
    at += Float.BYTES;
    return this;
  }

  /** A double. */
  public LaunchArguments floating64(double value) {
    align(Double.BYTES);
    buffer.setDouble(at, value);
    at += Double.BYTES;
    return this;
  }

  /** Goes on at a multiple: the end of a struct, or the start of one. */
  public LaunchArguments align(int bytes) {
    at = (at + bytes - 1) / bytes * bytes;
    return this;
  }

  /** What the driver takes as {@code extra}. */
  Pointer extra() {
    size.setLong(0, at);
    return extra;
  }
}
