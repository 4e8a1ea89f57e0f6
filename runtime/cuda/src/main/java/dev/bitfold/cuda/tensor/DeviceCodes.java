package dev.bitfold.cuda.tensor;

import dev.bitfold.quantizer.CodeScale;

/**
 * Holds a tensor as codes on the device, and their scale.
 *
 * @param codes the codes in the tensor's shape: integers, or the numbers of a float format; NaN
 *     where the tensor is NaN. {@link #close} closes them
 * @param scale the scale of the codes, on the host
 */
public record DeviceCodes(DeviceTensor codes, CodeScale scale) implements AutoCloseable {
  @Override
  public void close() {
    codes.close();
  }
}
