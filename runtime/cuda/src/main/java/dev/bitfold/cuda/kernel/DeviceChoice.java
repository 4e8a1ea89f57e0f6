package dev.bitfold.cuda.kernel;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.LoadFailure;
import java.io.File;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Holds the device that {@code -Dbitfold.device} chooses.
 *
 * @param forced whether the device was asked for by name, so that every kernel runs there
 * @param device the device, or null if there is none
 * @param why why there is no device: a phrase that completes "the kernels are …"; empty if there is
 *     one
 */
record DeviceChoice(boolean forced, @Nullable CudaDevice device, String why) {
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,9}))?");

  /**
   * Reads a choice and opens the device.
   *
   * @param asked cpu, cuda or cuda:n; empty for the first device, where it pays
   * @param library the path of the driver library; empty for the system's
   * @throws IllegalArgumentException if {@code asked} has another value
   */
  static DeviceChoice of(String asked, String library) {
    if (asked.equals("cpu")) {
      return new DeviceChoice(false, null, "not used, because bitfold.device=cpu");
    }
    int ordinal = 0;
    if (!asked.isEmpty()) {
      Matcher matcher = CUDA.matcher(asked);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "bitfold.device=" + asked + " is not cpu, cuda or cuda:n");
      }
      ordinal = Optional.ofNullable(matcher.group(1)).map(Integer::parseInt).orElse(0);
    }
    boolean forced = !asked.isEmpty();
    try {
      return new DeviceChoice(forced, CudaDevice.open(library, ordinal), "");
    } catch (LinkageError e) {
      return new DeviceChoice(forced, null, "not usable: " + missing(library, e));
    } catch (CudaException | IllegalStateException e) {
      return new DeviceChoice(forced, null, "not usable: " + e.getMessage());
    }
  }

  private static String missing(String library, LinkageError e) {
    if (!library.isEmpty() && !new File(library).exists()) {
      return "there is no driver " + library;
    }
    return (library.isEmpty()
            ? "there is no NVIDIA driver on this machine"
            : library + " cannot be used as a driver")
        + " ("
        + LoadFailure.reason(e)
        + ")";
  }
}
