package dev.bitfold.cuda.driver;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Declares the functions of the CUDA driver API that Bitfold calls. {@code memAlloc}, for example,
 * is {@code cuMemAlloc_v2}. Sizes have 64 bits, because 32-bit drivers no longer exist. All
 * functions return a code, 0 for success.
 */
interface CudaDriver extends Library {
  /** Functions whose later form has a name of its own. */
  Set<String> SECOND =
      Set.of(
          "ctxPopCurrent",
          "ctxPushCurrent",
          "deviceTotalMem",
          "eventDestroy",
          "memAlloc",
          "memFree",
          "memGetInfo",
          "memcpyDtoDAsync",
          "memcpyDtoHAsync",
          "memcpyHtoDAsync",
          "streamDestroy");

  /** Returns the driver's name for a function. */
  static String symbol(String method) {
    String name = "cu" + method.substring(0, 1).toUpperCase(Locale.ROOT) + method.substring(1);
    return SECOND.contains(method) ? name + "_v2" : name;
  }

  /**
   * Loads the library.
   *
   * @param path the path of the library; empty for the driver that the system finds
   * @throws UnsatisfiedLinkError if there is no such library
   */
  static CudaDriver load(String path) {
    String name = Platform.isWindows() ? "nvcuda" : "libcuda.so.1";
    com.sun.jna.FunctionMapper mapper = (library, method) -> symbol(method.getName());
    return Native.load(
        path.isEmpty() ? name : path,
        CudaDriver.class,
        Map.of(Library.OPTION_FUNCTION_MAPPER, mapper));
  }

  int init(int flags);

  int driverGetVersion(IntByReference version);

  int getErrorName(int error, PointerByReference name);

  int getErrorString(int error, PointerByReference text);

  int deviceGetCount(IntByReference count);

  int deviceGet(IntByReference device, int ordinal);

  int deviceGetName(byte[] name, int length, int device);

  int deviceGetAttribute(IntByReference value, int attribute, int device);

  int devicePrimaryCtxRetain(PointerByReference context, int device);

  int devicePrimaryCtxRelease(int device);

  int ctxPushCurrent(Pointer context);

  int ctxPopCurrent(PointerByReference context);

  int moduleLoadData(PointerByReference module, Pointer image);

  int moduleUnload(Pointer module);

  int moduleGetFunction(PointerByReference function, Pointer module, String name);

  int memGetInfo(LongByReference free, LongByReference total);

  int memAlloc(LongByReference address, long bytes);

  int memFree(long address);

  int memHostAlloc(PointerByReference host, long bytes, int flags);

  int memFreeHost(Pointer host);

  int memcpyHtoDAsync(long to, Pointer from, long bytes, Pointer stream);

  int memcpyDtoHAsync(Pointer to, long from, long bytes, Pointer stream);

  int memcpyDtoDAsync(long to, long from, long bytes, Pointer stream);

  int memsetD32Async(long to, int value, long count, Pointer stream);

  int streamCreate(PointerByReference stream, int flags);

  int streamDestroy(Pointer stream);

  int streamSynchronize(Pointer stream);

  int eventCreate(PointerByReference event, int flags);

  int eventDestroy(Pointer event);

  int eventRecord(Pointer event, Pointer stream);

  int eventSynchronize(Pointer event);

  int eventElapsedTime(float[] milliseconds, Pointer start, Pointer end);

  int launchKernel(
      Pointer function,
      int blocksX,
      int blocksY,
      int blocksZ,
      int threadsX,
      int threadsY,
      int threadsZ,
      int sharedBytes,
      Pointer stream,
      @Nullable Pointer parameters,
      Pointer extra);
}
