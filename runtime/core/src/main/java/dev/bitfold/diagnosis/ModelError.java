package dev.bitfold.diagnosis;

import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.tensor.DenseFloats;
import java.util.Locale;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How far the outputs of a quantized model are from those of the float model, all values of all
 * batches taken as one vector. Immutable.
 *
 * @param relative the root of the squared differences over the squared float values; 0 if nothing
 *     is lost, infinite if all float values are 0 and others are not
 * @param cosine of the angle between the outputs, 1 if they have the same direction; empty if one
 *     of them is all zeros
 * @param decibels signal to quantization noise: {@code -20 log10(relative)}; empty if nothing is
 *     lost, or all float values are 0
 * @param batches how many were compared
 */
public record ModelError(
    double relative, OptionalDouble cosine, OptionalDouble decibels, long batches) {
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "relative error %.4g", relative)
        + (cosine.isPresent()
            ? String.format(Locale.ROOT, ", cosine %.6f", cosine.getAsDouble())
            : "")
        + (decibels.isPresent()
            ? String.format(Locale.ROOT, ", %.1f dB", decibels.getAsDouble())
            : "")
        + " over "
        + batches
        + (batches == 1 ? " batch" : " batches");
  }

  /** Sums up what the batches give. Not safe for concurrent use. */
  static final class Sum {
    private Distortion squares = Distortion.NONE;
    private double products;
    private double actualSquares;
    private long batches;

    /**
     * Adds the outputs for one batch.
     *
     * @param expected of the float model
     * @param actual of the quantized model; of the same shape
     */
    void add(INDArray expected, INDArray actual) {
      float[] x = DenseFloats.of(expected, "an output").copy();
      float[] y = DenseFloats.of(actual, "an output").copy();
      for (int i = 0; i < x.length; i++) {
        products += (double) x[i] * y[i];
        actualSquares += (double) y[i] * y[i];
      }
      squares = squares.plus(Distortion.of(expected, actual));
      batches++;
    }

    ModelError get() {
      double lengths = Math.sqrt(squares.signal()) * Math.sqrt(actualSquares);
      return new ModelError(
          squares.relative(),
          lengths > 0 ? OptionalDouble.of(Math.min(1, products / lengths)) : OptionalDouble.empty(),
          squares.decibels(),
          batches);
    }
  }
}
