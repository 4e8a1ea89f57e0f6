package dev.bitfold.cuda.kernel;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaStream;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.driver.Staging;

/** What one operation at a time works with: a stream, memory, and a way there and back. */
final class Lane implements AutoCloseable {
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

  CudaStream stream() {
    return stream;
  }

  Staging staging() {
    return staging;
  }

  Arena arena() {
    return arena;
  }

  LaunchArguments arguments() {
    return arguments.clear();
  }

  /** Sends floats to memory of their own. */
  long upload(float[] values, int count) {
    long address = arena.take(4L * count);
    staging.upload(values, count, address);
    return address;
  }

  @Override
  public void close() {
    staging.close();
    stream.close();
    arena.close();
  }
}
