package dev.bitfold.reconstruction;

import java.util.Locale;

/**
 * Tells how a weight was reconstructed. Errors are relative errors of the layer's output, on rows
 * of the calibration data that the weight was not fitted to, if there are at least 8 rows. Of a
 * table whose rows are looked up, they are those of all rows. The model has the weight that the
 * same method chooses with no rows held back.
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

  /** Returns the method and both errors, such as {@code gptq, error 0.0123 (nearest 0.0345)}. */
  public String inWords() {
    return String.format(
        Locale.ROOT,
        "%s, error %.4f (nearest %.4f)",
        method.name().toLowerCase(Locale.ROOT),
        reached,
        nearest);
  }
}
