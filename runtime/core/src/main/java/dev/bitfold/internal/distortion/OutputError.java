package dev.bitfold.internal.distortion;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.tensor.DenseFloats;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums the errors of a layer's output, independently of their order. Safe for concurrent use. */
public final class OutputError implements Accumulator<OutputError> {
  private final DistortionSum squares = new DistortionSum();
  private final ExactSum absolute = new ExactSum();
  private final ExactSum difference = new ExactSum();

  /** Adds an expected and an actual output of the layer. */
  public void add(INDArray expected, INDArray actual) {
    Distortion more = Distortion.of(expected, actual);
    float[] x = DenseFloats.of(expected, "a tensor").copy();
    float[] y = DenseFloats.of(actual, "a tensor").copy();
    double sum = 0;
    double error = 0;
    for (int i = 0; i < x.length; i++) {
      sum += Math.abs(x[i]);
      error += Math.abs((double) y[i] - x[i]);
    }
    synchronized (this) {
      squares.add(more);
      absolute.add(sum);
      difference.add(error);
    }
  }

  @Override
  public synchronized void merge(OutputError other) {
    squares.merge(other.squares);
    absolute.add(other.absolute);
    difference.add(other.difference);
  }

  @Override
  public synchronized void writeTo(DataOutput out) throws IOException {
    squares.writeTo(out);
    absolute.writeTo(out);
    difference.writeTo(out);
  }

  @Override
  public synchronized void readFrom(DataInput in) throws IOException {
    squares.readFrom(in);
    absolute.readFrom(in);
    difference.readFrom(in);
  }

  public Distortion squares() {
    return squares.get();
  }

  /**
   * Returns the mean absolute error divided by the mean absolute value; empty if all values are
   * zero.
   */
  public synchronized OptionalDouble l1() {
    double size = absolute.value();
    return size > 0 ? OptionalDouble.of(difference.value() / size) : OptionalDouble.empty();
  }
}
