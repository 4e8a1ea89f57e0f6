package dev.bitfold.calibration;

import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An exponential moving average of each batch's largest absolute value: {@code average + weight *
 * (amax - average)}, from the first batch's amax, in double. The result depends on the order of the
 * batches, so it cannot be merged, and is the same on every run only if one thread observes.
 * Source: torch's MovingAverageMinMaxObserver, whose averaging constant the weight is.
 */
public final class MovingAverageCalibrator extends ObservedCalibrator<MovingAverageCalibrator> {
  /** The weight of a batch unless the caller gives another. */
  public static final double DEFAULT_WEIGHT = 0.1;

  private final double weight;
  private double[] average = new double[0];

  MovingAverageCalibrator(Quantizer quantizer, NonFinite policy, double weight) {
    super(quantizer, policy, "moving average calibrator of weight " + weight);
    this.weight = weight;
  }

  @Override
  protected Runnable statistics(Batch batch) {
    float[] values = batch.amaxValues();
    return () -> include(values);
  }

  private void include(float[] values) {
    boolean first = average.length == 0;
    if (first) {
      average = new double[values.length];
    }
    for (int g = 0; g < values.length; g++) {
      average[g] = first ? values[g] : average[g] + weight * (values[g] - average[g]);
    }
  }

  @Override
  public synchronized INDArray amax() {
    return array(Ranges.floats(average));
  }

  @Override
  protected boolean isOrdered() {
    return true;
  }

  @Override
  protected MovingAverageCalibrator empty() {
    return new MovingAverageCalibrator(quantizer(), policy(), weight);
  }

  @Override
  protected void add(MovingAverageCalibrator other) {
    throw new IllegalStateException("batches in an order cannot be merged");
  }

  @Override
  protected void writeStatistics(DataOutput out) throws IOException {
    for (double value : average) {
      out.writeDouble(value);
    }
  }

  @Override
  protected void readStatistics(DataInput in, Observed read) throws IOException {
    double[] values = new double[read.groups()];
    for (int g = 0; g < values.length; g++) {
      values[g] = in.readDouble();
      if (!(values[g] >= 0 && values[g] <= Float.MAX_VALUE)) {
        throw Observed.damaged("moving average calibrator");
      }
    }
    average = values;
  }
}
