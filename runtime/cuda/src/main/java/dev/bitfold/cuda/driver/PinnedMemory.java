package dev.bitfold.cuda.driver;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Holds memory of the host that the device reads and writes by itself, and an event that tells when
 * it has done so. Not safe for concurrent use.
 */
final class PinnedMemory implements AutoCloseable {
  /** Without times. */
  private static final int DISABLE_TIMING = 2;

  private final CudaStream stream;
  private final CudaDevice device;
  private final Pointer host;
  private final Pointer event;
  private final ByteBuffer buffer;
  private boolean closed;

  PinnedMemory(CudaStream stream, int bytes) {
    this.stream = stream;
    this.device = stream.device();
    PointerByReference allocated = new PointerByReference();
    device.call("memHostAlloc", () -> device.calls().memHostAlloc(allocated, bytes, 0));
    this.host = allocated.getValue();
    PointerByReference created = new PointerByReference();
    try {
      device.call("eventCreate", () -> device.calls().eventCreate(created, DISABLE_TIMING));
    } catch (RuntimeException e) {
      int ignored = device.within(() -> device.calls().memFreeHost(host));
      throw e;
    }
    this.event = created.getValue();
    this.buffer = host.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
  }

  /** Returns the bytes, which must not be used after {@link #close}. */
  ByteBuffer buffer() {
    return buffer;
  }

  /** Starts to send bytes to the device. */
  void send(int from, DevicePointer to, int bytes) {
    device.call(
        "memcpyHtoDAsync",
        () ->
            device.calls().memcpyHtoDAsync(to.address(), host.share(from), bytes, stream.handle()));
  }

  /** Starts to fetch bytes of the device to the start of this memory. */
  void fetch(DevicePointer from, int bytes) {
    device.call(
        "memcpyDtoHAsync",
        () -> device.calls().memcpyDtoHAsync(host, from.address(), bytes, stream.handle()));
  }

  /** Marks the place in the stream that {@link #await} waits for. */
  void mark() {
    device.call("eventRecord", () -> device.calls().eventRecord(event, stream.handle()));
  }

  /** Waits until the stream has passed the last mark. */
  void await() {
    device.call("eventSynchronize", () -> device.calls().eventSynchronize(event));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        device.call("eventDestroy", () -> device.calls().eventDestroy(event));
      } finally {
        device.call("memFreeHost", () -> device.calls().memFreeHost(host));
      }
    }
  }
}
