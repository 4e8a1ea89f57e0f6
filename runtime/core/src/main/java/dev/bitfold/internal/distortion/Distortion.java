package dev.bitfold.internal.distortion;

import dev.bitfold.tensor.DenseFloats;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tells how far a tensor is from its expected values, as sums of squares that are accumulated in
 * double.
 *
 * @param signal the sum of squares of the expected values
 * @param noise the sum of squares of the differences
 */
public record Distortion(double signal, double noise) {
  public static final Distortion NONE = new Distortion(0, 0);

  /**
   * Returns the distortion of {@code actual}, which should be {@code expected}. Both have the same
   * shape.
   */
  public static Distortion of(INDArray expected, INDArray actual) {
    float[] x = DenseFloats.of(expected, "a tensor").copy();
    float[] y = DenseFloats.of(actual, "a tensor").copy();
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < x.length; i++) {
      double difference = (double) y[i] - x[i];
      signal += (double) x[i] * x[i];
      noise += difference * difference;
    }
    return new Distortion(signal, noise);
  }

  public Distortion plus(Distortion other) {
    return new Distortion(signal + other.signal, noise + other.noise);
  }

  /**
   * Returns the root of noise over signal: 0 if there is no noise, infinite if there is no signal.
   */
  public double relative() {
    return noise == 0 ? 0 : Math.sqrt(noise / signal);
  }

  /** Returns signal to noise in dB: infinite without noise, empty for noise without a signal. */
  public OptionalDouble decibels() {
    if (noise == 0) {
      return OptionalDouble.of(Double.POSITIVE_INFINITY);
    }
    return noise > 0 && signal > 0
        ? OptionalDouble.of(10 * Math.log10(signal / noise))
        : OptionalDouble.empty();
  }
}
