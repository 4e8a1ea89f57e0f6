package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;

/** Sends to the device what kernels read in addition to a tensor: scales, factors and axes. */
public interface Constants {
  /**
   * Sends floats.
   *
   * @param values the first {@code count} of them
   * @return the address of the floats on the device
   */
  DevicePointer floats(float[] values, int count);

  /**
   * Sends integers.
   *
   * @return the address of the integers on the device
   */
  DevicePointer integers(int[] values);
}
