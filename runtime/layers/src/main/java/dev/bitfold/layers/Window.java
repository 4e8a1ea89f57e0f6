package dev.bitfold.layers;

/**
 * Describes how a convolution's kernel moves along one axis.
 *
 * @param stride steps between two outputs, at least 1
 * @param padding zeros at either end, at least 0
 * @param dilation steps between two taps of the kernel, at least 1
 */
public record Window(int stride, int padding, int dilation) {
  /** One step, no padding, no dilation. */
  public static final Window UNIT = new Window(1, 0, 1);

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if a number is too small
   */
  public Window {
    if (stride < 1 || padding < 0 || dilation < 1) {
      throw new IllegalArgumentException(
          "stride "
              + stride
              + ", padding "
              + padding
              + ", dilation "
              + dilation
              + ": stride and dilation are at least 1, padding is at least 0");
    }
  }

  /** Returns this window with another stride. */
  public Window withStride(int steps) {
    return new Window(steps, padding, dilation);
  }

  /** Returns this window with another padding. */
  public Window withPadding(int zeros) {
    return new Window(stride, zeros, dilation);
  }

  /** Returns this window with another dilation. */
  public Window withDilation(int steps) {
    return new Window(stride, padding, steps);
  }

  /** Returns the number of outputs along an axis; below 1 if the kernel does not fit. */
  long outputs(long inputs, long kernel) {
    return Math.floorDiv(inputs + 2L * padding - dilation * (kernel - 1) - 1, stride) + 1;
  }
}
