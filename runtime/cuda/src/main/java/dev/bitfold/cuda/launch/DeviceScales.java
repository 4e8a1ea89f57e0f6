package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;

/**
 * Holds scales in the form of the kernels: {@code Scales} of rounding.cuh.
 *
 * @param forward a float for each group
 * @param backward a float for each group
 * @param zero a zero point for each group; a null pointer if the scales have none
 * @param divides whether elements are divided by {@code forward} instead of multiplied
 * @param dividesBack whether codes are divided by {@code backward} instead of multiplied
 */
record DeviceScales(
    DevicePointer forward,
    DevicePointer backward,
    DevicePointer zero,
    boolean divides,
    boolean dividesBack) {
  void write(LaunchArguments to) {
    to.pointer(forward).pointer(backward).pointer(zero);
    to.integer(divides ? 1 : 0).integer(dividesBack ? 1 : 0);
  }
}
