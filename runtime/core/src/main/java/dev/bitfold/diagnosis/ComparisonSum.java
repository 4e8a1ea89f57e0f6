package dev.bitfold.diagnosis;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Adds up a {@link Comparison}, batch by batch, in double. Not safe for concurrent use. */
final class ComparisonSum {
  private double signal;
  private double noise;
  private double cosines;
  private long rows;
  private Comparison.Worst worst = new Comparison.Worst(0, 0, 0);

  /**
   * Adds a batch. The quantized output is computed after the float output has been copied, because
   * a model may write both into the same array.
   *
   * @throws CalibrationException if the shapes of the outputs differ, or if the outputs are not
   *     floats
   */
  void add(int batch, Supplier<INDArray> floatOutput, Supplier<INDArray> quantizedOutput) {
    INDArray output = floatOutput.get();
    long[] shape = output.shape();
    float[] expected = floats(batch, "the float model", output);
    INDArray other = quantizedOutput.get();
    if (!Arrays.equals(shape, other.shape())) {
      throw new CalibrationException(
          "batch %d: the float model gives an output of shape %s, the quantized one of shape %s; compare with the model that was quantized"
              .formatted(batch, Arrays.toString(shape), Arrays.toString(other.shape())));
    }
    float[] actual = floats(batch, "the quantized model", other);
    int count = shape.length < 2 ? 1 : (int) shape[0];
    int length = count == 0 ? 0 : expected.length / count;
    for (int row = 0; row < count && length > 0; row++) {
      addRow(batch, row, expected, actual, length);
    }
  }

  private static float[] floats(int batch, String model, INDArray output) {
    try {
      return DenseFloats.of(output, "the output of " + model).copy();
    } catch (IllegalArgumentException e) {
      throw new CalibrationException("batch " + batch + ": " + e.getMessage(), e);
    }
  }

  private void addRow(int batch, int row, float[] expected, float[] actual, int length) {
    double x2 = 0;
    double y2 = 0;
    double xy = 0;
    double d2 = 0;
    for (int i = row * length; i < (row + 1) * length; i++) {
      double x = expected[i];
      double y = actual[i];
      x2 += x * x;
      y2 += y * y;
      xy += x * y;
      d2 += (y - x) * (y - x);
    }
    signal += x2;
    noise += d2;
    cosines += x2 == 0 && y2 == 0 ? 1 : x2 == 0 || y2 == 0 ? 0 : xy / Math.sqrt(x2 * y2);
    double relative = relative(x2, d2);
    if (rows == 0 || Double.compare(relative, worst.relativeError()) > 0) {
      worst = new Comparison.Worst(batch, row, relative);
    }
    rows++;
  }

  private static double relative(double signal, double noise) {
    return noise == 0 ? 0 : Math.sqrt(noise / signal);
  }

  /** Returns the comparison of all added batches; empty if no row was added. */
  Optional<Comparison> get() {
    return rows == 0
        ? Optional.empty()
        : Optional.of(new Comparison(rows, relative(signal, noise), cosines / rows, worst));
  }
}
