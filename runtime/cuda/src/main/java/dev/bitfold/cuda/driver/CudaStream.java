package dev.bitfold.cuda.driver;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * Represents a stream. Its work runs in the order of the calls, independently of other streams. Not
 * safe for concurrent use.
 */
public final class CudaStream implements AutoCloseable {
  /** Threads of a block, of every kernel. */
  private static final int THREADS = 256;

  private static final int NON_BLOCKING = 1;

  private final CudaDevice device;
  private final Pointer stream;
  private boolean closed;

  CudaStream(CudaDevice device) {
    this.device = device;
    PointerByReference created = new PointerByReference();
    device.call("streamCreate", () -> device.calls().streamCreate(created, NON_BLOCKING));
    this.stream = created.getValue();
  }

  /** Returns the device of this stream. */
  public CudaDevice device() {
    return device;
  }

  /** Returns the driver's {@code CUstream}, for libraries on top of the driver. */
  public Pointer handle() {
    return stream;
  }

  /**
   * Launches a kernel.
   *
   * @param kernel the name of the kernel
   * @param blocksX the number of blocks along x, at least 1
   * @param blocksY the number of blocks along y, 1 to 65535
   * @param arguments the arguments, which may be reused when this method returns
   */
  public void launch(String kernel, int blocksX, int blocksY, LaunchArguments arguments) {
    Pointer function = device.function(kernel);
    device.call(
        "launchKernel",
        () ->
            device
                .calls()
                .launchKernel(
                    function,
                    blocksX,
                    blocksY,
                    1,
                    THREADS,
                    1,
                    1,
                    0,
                    stream,
                    null,
                    arguments.extra()));
    device.launched();
  }

  /** Sets {@code count} 32-bit words to a value. */
  public void fill(DevicePointer start, int value, long count) {
    device.call(
        "memsetD32Async",
        () -> device.calls().memsetD32Async(start.address(), value, count, stream));
  }

  /** Copies within the device. */
  public void copy(DevicePointer to, DevicePointer from, long bytes) {
    device.call(
        "memcpyDtoDAsync",
        () -> device.calls().memcpyDtoDAsync(to.address(), from.address(), bytes, stream));
  }

  /**
   * Waits until all work of this stream is done.
   *
   * @throws CudaException if a part of the work failed
   */
  public void synchronize() {
    device.call("streamSynchronize", () -> device.calls().streamSynchronize(stream));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      device.call("streamDestroy", () -> device.calls().streamDestroy(stream));
    }
  }
}
