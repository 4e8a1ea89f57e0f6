package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaStream;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.driver.Staging;

/**
 * Holds what one operation at a time works with: a stream, memory, and copies to the device and
 * back. Not safe for concurrent use.
 */
public final class Lane implements Constants, AutoCloseable {
  private final CudaStream stream;
  private final Staging staging;
  private final Arena arena;
  private final LaunchArguments arguments = new LaunchArguments();

  Lane(CudaDevice device) {
    this.stream = device.openStream();
    try {
      this.staging = new Staging(stream);
    } catch (RuntimeException e) {
      stream.close();
      throw e;
    }
    this.arena = new Arena(device);
  }

  /** Returns the stream in which the operation runs. */
  public CudaStream stream() {
    return stream;
  }

  /** Returns the copies to the device and back. */
  public Staging staging() {
    return staging;
  }

  /**
   * Gives out memory of the device until the operation is complete.
   *
   * @return the address of the first byte, a multiple of 256 bytes
   */
  public DevicePointer take(long bytes) {
    return arena.take(bytes);
  }

  /** Takes back all memory. None of it may be in use any more. */
  public void reset() {
    arena.reset();
  }

  /** Returns an empty list of arguments for the next launch. */
  public LaunchArguments arguments() {
    return arguments.clear();
  }

  /** Sends floats to memory that holds them until the operation is complete. */
  @Override
  public DevicePointer floats(float[] values, int count) {
    DevicePointer to = arena.take((long) Float.BYTES * count);
    staging.upload(values, count, to);
    return to;
  }

  @Override
  public DevicePointer integers(int[] values) {
    DevicePointer to = arena.take((long) Integer.BYTES * values.length);
    staging.upload(values, to);
    return to;
  }

  @Override
  @SuppressWarnings("try") // what is closed is not used
  public void close() {
    try (arena;
        stream;
        staging) {
      // All are, whatever one of them throws.
    }
  }
}
