package dev.bitfold.cuda.driver;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * A stream: what is given to it runs in its order, apart from other streams. Of one thread at a
 * time.
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

  /** Its card. */
  public CudaDevice device() {
    return device;
  }

  /** The driver's {@code CUstream}, for libraries that stand on the driver. */
  public Pointer handle() {
    return stream;
  }

  /**
   * Launches a kernel.
   *
   * @param kernel its name
   * @param blocksX blocks, at least 1
   * @param blocksY blocks, 1 to 65535
   * @param arguments may be used again when this returns
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

  /** Sets so many 32-bit words. */
  public void fill(DevicePointer start, int value, long count) {
    device.call(
        "memsetD32Async",
        () -> device.calls().memsetD32Async(start.address(), value, count, stream));
  }

  /** Copies within the card. */
  public void copy(DevicePointer to, DevicePointer from, long bytes) {
    device.call(
        "memcpyDtoDAsync",
        () -> device.calls().memcpyDtoDAsync(to.address(), from.address(), bytes, stream));
  }

  /**
   * Waits until all is done.
   *
   * @throws CudaException if something failed
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
