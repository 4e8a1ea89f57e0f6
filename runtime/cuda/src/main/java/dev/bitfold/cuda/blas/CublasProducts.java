package dev.bitfold.cuda.blas;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.FloatByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.launch.Lane;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Supplier;

/**
 * Multiplies matrices by cuBLAS, in the device's primary context. A handle serves one lane at a
 * time, because its workspace belongs to a stream.
 */
final class CublasProducts implements MatrixProducts {
  private static final int THREADS = 256;
  private static final int FIRST_BY_TEN_THOUSANDS = 100_000;

  /** The largest number of blocks that add the bias; each goes on to the next elements. */
  private static final int MAX_BLOCKS = 4096;

  private static final FloatByReference ONE = new FloatByReference(1f);
  private static final FloatByReference ZERO = new FloatByReference(0f);
  private static final IntByReference INTEGER_ONE = new IntByReference(1);
  private static final IntByReference INTEGER_ZERO = new IntByReference(0);

  private final CudaDevice device;
  private final Cublas library;
  private final int version;
  private final Deque<Pointer> idle = new ConcurrentLinkedDeque<>();

  /**
   * Tries the library.
   *
   * @throws CudaException if the library does not work on this device, for example if the driver is
   *     older than the library
   */
  CublasProducts(CudaDevice device, Cublas library) {
    this.device = device;
    this.library = library;
    Pointer handle = handle();
    try {
      IntByReference found = new IntByReference();
      call("getVersion", () -> library.getVersion(handle, found));
      this.version = found.getValue();
    } catch (RuntimeException e) {
      discard(handle);
      throw e;
    }
    idle.addFirst(handle);
    device.whenFull(this::release);
  }

  /** Closes idle handles, which have workspaces on the device. */
  private void release() {
    for (Pointer handle = idle.pollFirst(); handle != null; handle = idle.pollFirst()) {
      discard(handle);
    }
  }

  @Override
  public String name() {
    return name(version);
  }

  /** Returns a version in words. Version 11 counts in thousands, later ones in ten thousands. */
  static String name(int version) {
    int major = version / (version < FIRST_BY_TEN_THOUSANDS ? 1000 : 10000);
    int minor = version % (version < FIRST_BY_TEN_THOUSANDS ? 1000 : 10000) / 100;
    return "cuBLAS " + major + "." + minor + "." + version % 100;
  }

  private Pointer handle() {
    PointerByReference created = new PointerByReference();
    call("create", () -> library.create(created));
    return created.getValue();
  }

  private void call(String method, Supplier<Integer> call) {
    check(method, device.within(call));
  }

  private static void check(String method, int status) {
    if (status != 0) {
      String function = Cublas.symbol(method);
      throw new CudaException(
          function, status, function + " failed with " + meaning(status) + " (" + status + ")");
    }
  }

  private static String meaning(int status) {
    return switch (status) {
      case 1 -> "CUBLAS_STATUS_NOT_INITIALIZED";
      case 3 -> "CUBLAS_STATUS_ALLOC_FAILED";
      case 7 -> "CUBLAS_STATUS_INVALID_VALUE";
      case 8 -> "CUBLAS_STATUS_ARCH_MISMATCH";
      case 11 -> "CUBLAS_STATUS_MAPPING_ERROR";
      case 13 -> "CUBLAS_STATUS_EXECUTION_FAILED";
      case 14 -> "CUBLAS_STATUS_INTERNAL_ERROR";
      case 15 -> "CUBLAS_STATUS_NOT_SUPPORTED";
      case 16 -> "CUBLAS_STATUS_LICENSE_ERROR";
      default -> "an unknown status";
    };
  }

  private void discard(Pointer handle) {
    int ignored = device.within(() -> library.destroy(handle));
  }

  @Override
  public Multiplier open(Lane lane) {
    Pointer known = idle.pollFirst();
    Pointer handle = known == null ? handle() : known;
    try {
      call("setStream", () -> library.setStream(handle, lane.stream().handle()));
    } catch (RuntimeException e) {
      discard(handle);
      throw e;
    }
    return new OnHandle(lane, handle);
  }

  private final class OnHandle implements Multiplier {
    private final Lane lane;
    private final Pointer handle;
    private boolean failed;

    OnHandle(Lane lane, Pointer handle) {
      this.lane = lane;
      this.handle = handle;
    }

    @Override
    public void multiply(
        DevicePointer x,
        DevicePointer w,
        DevicePointer bias,
        DevicePointer y,
        int rows,
        int inner,
        int outputs) {
      failed = true;
      // In column-major order the matrices are the transposed ones: yᵀ = w · xᵀ.
      call(
          "sgemm",
          () ->
              library.sgemm(
                  handle,
                  Cublas.TRANSPOSED,
                  Cublas.AS_IT_IS,
                  outputs,
                  rows,
                  inner,
                  ONE,
                  w.address(),
                  inner,
                  x.address(),
                  inner,
                  ZERO,
                  y.address(),
                  outputs));
      if (!bias.isNull()) {
        LaunchArguments arguments = lane.arguments().pointer(y).pointer(bias);
        forEach("add_to_rows", rows, outputs, arguments);
      }
      failed = false;
    }

    @Override
    public void multiply(
        Codes x, Codes w, DevicePointer bias, DevicePointer y, int rows, int inner, int outputs) {
      // cuBLAS takes int8 by words.
      if (outputs % 4 != 0 || !sums(x, w, y, rows, inner, outputs)) {
        OwnProducts.multiplyCodes(lane, x, w, bias, y, rows, inner, outputs);
        return;
      }
      LaunchArguments arguments = lane.arguments().pointer(y);
      arguments.pointer(x.scales()).pointer(w.scales()).pointer(bias);
      forEach("values_of_sums", rows, outputs, arguments);
    }

    /** Returns whether cuBLAS has computed the sums; for some devices it has no kernel. */
    private boolean sums(Codes x, Codes w, DevicePointer y, int rows, int inner, int outputs) {
      failed = true;
      int status =
          device.within(
              () ->
                  library.gemmEx(
                      handle,
                      Cublas.TRANSPOSED,
                      Cublas.AS_IT_IS,
                      outputs,
                      rows,
                      inner,
                      INTEGER_ONE,
                      w.codes().address(),
                      Cublas.INT8,
                      inner,
                      x.codes().address(),
                      Cublas.INT8,
                      inner,
                      INTEGER_ZERO,
                      y.address(),
                      Cublas.INT32,
                      outputs,
                      Cublas.IN_INT32,
                      Cublas.ANY_ALGORITHM));
      boolean none = status == Cublas.NOT_SUPPORTED || status == Cublas.ARCH_MISMATCH;
      if (!none) {
        check("gemmEx", status);
      }
      failed = false;
      return !none;
    }

    private void forEach(String kernel, int rows, int outputs, LaunchArguments arguments) {
      int elements = rows * outputs;
      arguments.integer(elements).integer(outputs);
      int blocks = Math.min((elements - 1) / THREADS + 1, MAX_BLOCKS);
      lane.stream().launch(kernel, blocks, 1, arguments);
    }

    @Override
    public void close() {
      if (failed) {
        discard(handle);
      } else {
        idle.addFirst(handle);
      }
    }
  }
}
