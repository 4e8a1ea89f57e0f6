package dev.bitfold.reconstruction;

/**
 * Tells how a weight was reconstructed. Errors are relative errors of the layer's output, on rows
 * of the calibration data that the weight was not fitted to if there are enough batches.
 *
 * @param path the path of the weight
 * @param method what was best
 * @param nearest the error with each weight rounded to nearest
 * @param reached the error with the weights that were chosen; at most {@code nearest}
 */
public record Reconstruction(String path, Method method, double nearest, double reached) {
  /** Names the ways to choose a weight's codes, each of which begins with the one before. */
  public enum Method {
    /** Each weight rounded to nearest, with the scale of its calibrator. */
    NEAREST,
    /** Rounded to nearest, with scales by least squares, weighted by the power of the inputs. */
    SCALES,
    /** GPTQ, in the order of the inputs' power. */
    GPTQ,
    /** GPTQ, and coordinate descent of codes and scales from there. */
    DESCENT
  }
}
