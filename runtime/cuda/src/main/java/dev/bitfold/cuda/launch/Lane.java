package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaStream;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.driver.Staging;

/**
 * What one operation at a time works with: a stream, memory, and a way there and back. Of one
 * thread at a time.
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

  /** What the operation is given to. */
  public CudaStream stream() {
    return stream;
  }

  /** The way to the card and back. */
  public Staging staging() {
    return staging;
  }

  public Arena arena() {
    return arena;
  }

  /**
   * Memory of the card until the operation is over.
   *
   * @return its address, a multiple of 256
   */
  public long take(long bytes) {
    return arena.take(bytes);
  }

  /** Arguments for the next launch, none yet. */
  public LaunchArguments arguments() {
    return arguments.clear();
  }

  /** To memory that is theirs until the operation is over. */
  @Override
  public long floats(float[] values, int count) {
    long address = arena.take(4L * count);
    staging.upload(values, count, address);
    return address;
  }

  @Override
  public long integers(int[] values) {
    long address = arena.take(4L * values.length);
    staging.upload(values, address);
    return address;
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
