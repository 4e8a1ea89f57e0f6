package dev.bitfold.cuda.driver;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/** Represents the initialized driver library. Safe for concurrent use. */
final class Driver {
  private final CudaDriver calls;
  private final String path;

  private Driver(CudaDriver calls, String path) {
    this.calls = calls;
    this.path = path;
  }

  /**
   * Loads and initializes the driver.
   *
   * @param path the path of the library; empty for the one that the system finds
   * @throws UnsatisfiedLinkError if there is no such library
   * @throws CudaException if the driver cannot be initialized, for example without a device
   */
  static Driver open(String path) {
    Driver driver = new Driver(CudaDriver.load(path), path);
    driver.check("init", driver.calls.init(0));
    return driver;
  }

  CudaDriver calls() {
    return calls;
  }

  /** Returns the path that was given; empty for the system's driver. */
  String path() {
    return path;
  }

  /** Returns the CUDA version of the driver, such as 12040 for 12.4. */
  int version() {
    IntByReference version = new IntByReference();
    check("driverGetVersion", calls.driverGetVersion(version));
    return version.getValue();
  }

  int deviceCount() {
    IntByReference count = new IntByReference();
    check("deviceGetCount", calls.deviceGetCount(count));
    return count.getValue();
  }

  int attribute(int attribute, int device) {
    IntByReference value = new IntByReference();
    check("deviceGetAttribute", calls.deviceGetAttribute(value, attribute, device));
    return value.getValue();
  }

  /** Throws if a call failed. */
  void check(String method, int code) {
    if (code != 0) {
      throw failure(method, code, "");
    }
  }

  /**
   * Returns the exception of a failed call.
   *
   * @param more further facts to add after the driver's own words; may be empty
   */
  CudaException failure(String method, int code, String more) {
    String call = CudaDriver.symbol(method);
    PointerByReference name = new PointerByReference();
    PointerByReference text = new PointerByReference();
    calls.getErrorName(code, name);
    calls.getErrorString(code, text);
    return new CudaException(
        call,
        code,
        call
            + " failed with "
            + words(name.getValue(), "an unknown error")
            + " ("
            + code
            + "): "
            + words(text.getValue(), "the driver says no more")
            + (more.isEmpty() ? "" : "; " + more));
  }

  private static String words(Pointer text, String otherwise) {
    // Null where the code is unknown to the driver.
    return text == null ? otherwise : text.getString(0);
  }
}
