package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Arrays;

/** Makes the exception for a tensor that does not fit a descriptor or its fixed values. */
public final class Misfit {
  private Misfit() {}

  /**
   * Returns an exception that names the descriptor and the tensor's shape.
   *
   * @param why a clause without a full stop
   */
  public static IllegalArgumentException of(QuantDescriptor descriptor, long[] shape, String why) {
    return new IllegalArgumentException(
        descriptor + " on a tensor of shape " + Arrays.toString(shape) + ": " + why);
  }
}
