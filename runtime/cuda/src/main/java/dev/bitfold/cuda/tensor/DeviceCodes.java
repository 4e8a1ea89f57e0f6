package dev.bitfold.cuda.tensor;

import dev.bitfold.quantizer.CodeScale;

/**
 * A tensor as numbers of a format, on the card, and what they stand for.
 *
 * @param codes of the tensor's shape: integers, or the numbers of a float format; NaN where the
 *     tensor is NaN. To be closed
 * @param scale of the codes, on the host
 */
public record DeviceCodes(DeviceTensor codes, CodeScale scale) implements AutoCloseable {
  @Override
  public void close() {
    codes.close();
  }
}
