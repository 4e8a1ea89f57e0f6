package dev.bitfold.internal.distortion;

import dev.bitfold.tensor.DenseFloats;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How far a tensor is from what it should be: sums of squares, accumulated in double.
 *
 * @param signal of the values as they should be
 * @param noise of the differences
 */
public record Distortion(double signal, double noise) {
  public static final Distortion NONE = new Distortion(0, 0);

  /** Of {@code actual}, which should be {@code expected}; both of one shape. */
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

  /** The root of noise over signal; 0 if there is no noise, infinite if there is no signal. */
  public double relative() {
    return noise == 0 ? 0 : Math.sqrt(noise / signal);
  }

  /** Signal to noise in dB: infinite without noise, empty for noise without a signal. */
  public OptionalDouble decibels() {
    if (noise == 0) {
      return OptionalDouble.of(Double.POSITIVE_INFINITY);
    }
    return noise > 0 && signal > 0
        ? OptionalDouble.of(10 * Math.log10(signal / noise))
        : OptionalDouble.empty();
  }
}
