package dev.bitfold.reconstruction;

/**
 * Holds the step between adjacent integers, or what a number of another format is multiplied by,
 * and the zero point, for each scale of a weight.
 */
final class Steps {
  /** For each scale, above 0. */
  private final float[] size;

  /** For each scale; 0 if the weight is not affine. */
  private final int[] zeroPoint;

  Steps(float[] size, int[] zeroPoint) {
    this.size = size;
    this.zeroPoint = zeroPoint;
  }

  float[] size() {
    return size;
  }

  int[] zeroPoint() {
    return zeroPoint;
  }

  Steps copy() {
    return new Steps(size.clone(), zeroPoint.clone());
  }
}
