package dev.bitfold.kernel;

/**
 * Holds the scales that bring elements to the grid and back, with one value for each group: {@code
 * q = round(x ∘ forward) + zeroPoint} on the grid, and {@code (q - zeroPoint) ∘ backward}. The
 * arithmetic is IEEE float32, with one rounding per operation.
 *
 * @param forward {@code x * forward}, or {@code x / forward}
 * @param divides whether forward divides
 * @param backward {@code q * backward}, or {@code q / backward}
 * @param dividesBack whether backward divides
 * @param zeroPoint an integer for each group, for integer grids; empty if there are none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
public record Scales(
    float[] forward, boolean divides, float[] backward, boolean dividesBack, float[] zeroPoint) {
  private static final float[] NONE = {};

  /** Makes scales without zero points. */
  public Scales(float[] forward, boolean divides, float[] backward, boolean dividesBack) {
    this(forward, divides, backward, dividesBack, NONE);
  }

  /** Returns whether there are zero points. */
  public boolean affine() {
    return zeroPoint.length > 0;
  }
}
