package dev.bitfold.cuda.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Represents a device: its primary context and Bitfold's kernels in that context. All users of CUDA
 * in the process share the context. A device is opened once, for the life of the process. Safe for
 * concurrent use.
 */
public final class CudaDevice {
  /** The oldest compute capability that the kernels are compiled for: Turing. */
  private static final int MIN_CAPABILITY = 75;

  /** The first CUDA version whose drivers know the kernels' PTX version. */
  private static final int MIN_DRIVER = 10000;

  private static final int MULTIPROCESSORS = 16;
  private static final int CAPABILITY_MAJOR = 75;
  private static final int CAPABILITY_MINOR = 76;

  private final Driver driver;
  private final int ordinal;
  private final String name;
  private final int capability;
  private final int multiprocessors;
  private final Pointer context;
  private final Pointer module;
  private final Map<String, Pointer> functions = new ConcurrentHashMap<>();
  private final LongAdder launches = new LongAdder();
  private final List<Runnable> whenFull = new CopyOnWriteArrayList<>();

  private CudaDevice(Driver driver, int ordinal, int device, int capability) {
    this.driver = driver;
    this.ordinal = ordinal;
    this.capability = capability;
    byte[] text = new byte[256];
    driver.check("deviceGetName", driver.calls().deviceGetName(text, text.length, device));
    this.name = com.sun.jna.Native.toString(text, StandardCharsets.UTF_8);
    this.multiprocessors = driver.attribute(MULTIPROCESSORS, device);
    PointerByReference retained = new PointerByReference();
    driver.check("devicePrimaryCtxRetain", driver.calls().devicePrimaryCtxRetain(retained, device));
    this.context = retained.getValue();
    try {
      this.module = within(() -> load(driver));
    } catch (RuntimeException | Error e) {
      int ignored = driver.calls().devicePrimaryCtxRelease(device);
      throw e;
    }
  }

  /**
   * Opens a device.
   *
   * @param library the path of the driver library; empty for the system's driver
   * @param ordinal the number of the device, from 0
   * @throws UnsatisfiedLinkError if there is no such library
   * @throws IllegalStateException if the device does not exist, or if the device or the driver is
   *     too old; the message says what was found
   * @throws CudaException if a call fails
   */
  public static CudaDevice open(String library, int ordinal) {
    Driver driver = Driver.open(library);
    int version = driver.version();
    if (version < MIN_DRIVER) {
      throw new IllegalStateException(
          "the NVIDIA driver is too old: it is for CUDA "
              + dotted(version)
              + " and the kernels need "
              + dotted(MIN_DRIVER)
              + " or later");
    }
    int count = driver.deviceCount();
    if (ordinal >= count) {
      throw new IllegalStateException(
          "there is no device cuda:"
              + ordinal
              + "; there "
              + (count == 0 ? "is none" : "are cuda:0 to cuda:" + (count - 1)));
    }
    IntByReference device = new IntByReference();
    driver.check("deviceGet", driver.calls().deviceGet(device, ordinal));
    int capability =
        10 * driver.attribute(CAPABILITY_MAJOR, device.getValue())
            + driver.attribute(CAPABILITY_MINOR, device.getValue());
    if (capability < MIN_CAPABILITY) {
      throw new IllegalStateException(
          "the device cuda:"
              + ordinal
              + " is too old: it is of compute capability "
              + tenths(capability)
              + " and the kernels need "
              + tenths(MIN_CAPABILITY)
              + " or later");
    }
    return new CudaDevice(driver, ordinal, device.getValue(), capability);
  }

  private static String dotted(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  private static String tenths(int capability) {
    return capability / 10 + "." + capability % 10;
  }

  /**
   * Returns the kernels as PTX, which the driver compiles for its device and keeps in its cache.
   */
  private static Pointer load(Driver driver) {
    byte[] ptx;
    try (InputStream in = CudaDevice.class.getResourceAsStream("/dev/bitfold/cuda/kernels.ptx")) {
      if (in == null) {
        throw new IllegalStateException("the jar holds no dev/bitfold/cuda/kernels.ptx");
      }
      ptx = in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    PointerByReference module = new PointerByReference();
    try (Memory image = new Memory(ptx.length + 1L)) {
      image.write(0, ptx, 0, ptx.length);
      image.setByte(ptx.length, (byte) 0);
      driver.check("moduleLoadData", driver.calls().moduleLoadData(module, image));
    }
    return module.getValue();
  }

  /** Returns the number of this device, from 0. */
  public int ordinal() {
    return ordinal;
  }

  /** Returns the product name of this device. */
  public String name() {
    return name;
  }

  /** Returns the compute capability, such as 90 for 9.0. */
  public int capability() {
    return capability;
  }

  /** Returns the number of multiprocessors. */
  public int multiprocessors() {
    return multiprocessors;
  }

  /** Returns the number of kernels launched so far. */
  public long launches() {
    return launches.sum();
  }

  /** Returns the number of bytes of device memory that are free now. */
  public long freeMemory() {
    return within(
        () -> {
          LongByReference free = new LongByReference();
          driver.check("memGetInfo", calls().memGetInfo(free, new LongByReference()));
          return free.getValue();
        });
  }

  /** Adds an action that gives idle memory back when an allocation fails. */
  public void whenFull(Runnable release) {
    whenFull.add(release);
  }

  /**
   * Allocates memory of the device. Its contents are not defined.
   *
   * @param bytes the size, above 0
   * @throws CudaException if there is not enough memory; the message says how many bytes were asked
   *     for and how many are free
   */
  public DeviceMemory allocate(long bytes) {
    LongByReference address = new LongByReference();
    int code = within(() -> calls().memAlloc(address, bytes));
    if (code == CudaException.OUT_OF_MEMORY) {
      whenFull.forEach(Runnable::run);
      code = within(() -> calls().memAlloc(address, bytes));
    }
    if (code == CudaException.OUT_OF_MEMORY) {
      throw driver.failure(
          "memAlloc",
          code,
          bytes + " bytes were asked for, " + freeMemory() + " are free on " + this);
    }
    driver.check("memAlloc", code);
    return new DeviceMemory(this, new DevicePointer(address.getValue()), bytes);
  }

  /** Opens a new stream. */
  public CudaStream openStream() {
    return new CudaStream(this);
  }

  CudaDriver calls() {
    return driver.calls();
  }

  void check(String method, int code) {
    driver.check(method, code);
  }

  /** Runs with the device's context as the thread's context, and then restores the thread's own. */
  public <T> T within(Supplier<T> work) {
    check("ctxPushCurrent", calls().ctxPushCurrent(context));
    try {
      return work.get();
    } finally {
      check("ctxPopCurrent", calls().ctxPopCurrent(new PointerByReference()));
    }
  }

  /** Makes a call within the context and throws if it fails. */
  void call(String method, Supplier<Integer> call) {
    int code = within(call);
    check(method, code);
  }

  Pointer function(String kernel) {
    return functions.computeIfAbsent(
        kernel,
        name -> {
          PointerByReference function = new PointerByReference();
          call("moduleGetFunction", () -> calls().moduleGetFunction(function, module, name));
          return function.getValue();
        });
  }

  void launched() {
    launches.increment();
  }

  @Override
  public String toString() {
    String stand = driver.path().isEmpty() ? "" : ", driver " + driver.path();
    return "cuda:" + ordinal + " (" + name + ", " + tenths(capability) + stand + ")";
  }
}
