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
 * What {@code -Dbitfold.device} says, and the device that it comes to.
 *
 * @param forced whether the device is asked for by name, and so takes everything
 * @param device the one, or null
 * @param why there is none: a phrase that completes "the kernels are …"; empty if there is one
 */
record DeviceChoice(boolean forced, @Nullable CudaDevice device, String why) {
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,9}))?");

  /**
   * Reads a choice and opens the device.
   *
   * @param asked cpu, cuda, cuda:n; empty: the first card, where it pays
   * @param library path to the driver library; empty: the system's
   * @throws IllegalArgumentException if it is nothing of these
   */
  static DeviceChoice of(String asked, String library) {
    if (asked.equals("cpu")) {
      return new DeviceChoice(false, null, "not used, as bitfold.device=cpu says");
    }
    int ordinal = 0;
    if (!asked.isEmpty()) {
      Matcher matcher = CUDA.matcher(asked);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "bitfold.device=" + asked + " is none of cpu, cuda and cuda:n");
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
