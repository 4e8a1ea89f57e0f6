package dev.bitfold.kernel;

/**
 * How elements come to the grid and back, one value per group: {@code q = round(x ∘ forward) +
 * zeroPoint} on the grid, and {@code (q - zeroPoint) ∘ backward}. IEEE float32, one rounding per
 * operation.
 *
 * @param forward {@code x * forward}, or {@code x / forward}
 * @param divides whether forward divides
 * @param backward {@code q * backward}, or {@code q / backward}
 * @param dividesBack whether backward divides
 * @param zeroPoint an integer per group, for integer grids; of length 0 if there are none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
public record Scales(
    float[] forward, boolean divides, float[] backward, boolean dividesBack, float[] zeroPoint) {
  private static final float[] NONE = {};

  /** Without zero points. */
  public Scales(float[] forward, boolean divides, float[] backward, boolean dividesBack) {
    this(forward, divides, backward, dividesBack, NONE);
  }

  /** Whether there are zero points. */
  public boolean affine() {
    return zeroPoint.length > 0;
  }
}
