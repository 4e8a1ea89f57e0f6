package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;

/** Puts on the device what kernels read beside a tensor: scales, factors, axes. */
public interface Constants {
  /**
   * Sends floats.
   *
   * @param values the first {@code count} of them
   * @return where they are
   */
  DevicePointer floats(float[] values, int count);

  /**
   * Sends integers.
   *
   * @return where they are
   */
  DevicePointer integers(int[] values);
}
