package dev.bitfold.calibration;

import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The smallest and the largest value, for affine quantizers; plain, or as exponential moving
 * averages of the batches' extremes (then ordered, as {@link MovingAverageCalibrator}).
 */
public final class MinMaxCalibrator extends ObservedCalibrator<MinMaxCalibrator>
    implements RangeCalibrator {
  private final double weight;
  private double[] min = new double[0];
  private double[] max = new double[0];

  /**
   * A calibrator.
   *
   * @param weight of a batch in the moving average; 0 for the extremes of all batches
   */
  MinMaxCalibrator(Quantizer quantizer, NonFinite policy, double weight) {
    super(
        quantizer,
        policy,
        weight == 0 ? "min-max calibrator" : "min-max calibrator of weight " + weight);
    this.weight = weight;
  }

  @Override
  protected Runnable statistics(Batch batch) {
    float[] low = new float[batch.groups().count()];
    float[] high = new float[low.length];
    batch.range(low, high);
    return () -> include(Ranges.doubles(low), Ranges.doubles(high));
  }

  private void include(double[] low, double[] high) {
    if (min.length == 0) {
      min = low.clone();
      max = high.clone();
      return;
    }
    for (int g = 0; g < min.length; g++) {
      min[g] = weight == 0 ? Math.min(min[g], low[g]) : min[g] + weight * (low[g] - min[g]);
      max[g] = weight == 0 ? Math.max(max[g], high[g]) : max[g] + weight * (high[g] - max[g]);
    }
  }

  @Override
  public synchronized INDArray min() {
    return array(Ranges.floats(min));
  }

  @Override
  public synchronized INDArray max() {
    return array(Ranges.floats(max));
  }

  @Override
  public synchronized INDArray amax() {
    return array(Ranges.amax(min, max));
  }

  @Override
  protected boolean isOrdered() {
    return weight != 0;
  }

  @Override
  protected MinMaxCalibrator empty() {
    return new MinMaxCalibrator(quantizer(), policy(), weight);
  }

  @Override
  protected void add(MinMaxCalibrator other) {
    include(other.min, other.max);
  }

  @Override
  protected void writeStatistics(DataOutput out) throws IOException {
    for (int g = 0; g < min.length; g++) {
      out.writeDouble(min[g]);
      out.writeDouble(max[g]);
    }
  }

  @Override
  protected void readStatistics(DataInput in, Observed read) throws IOException {
    double[] low = new double[read.groups()];
    double[] high = new double[low.length];
    for (int g = 0; g < low.length; g++) {
      low[g] = in.readDouble();
      high[g] = in.readDouble();
      if (!(-Float.MAX_VALUE <= low[g] && low[g] <= high[g] && high[g] <= Float.MAX_VALUE)) {
        throw Observed.damaged("min-max calibrator");
      }
    }
    min = low;
    max = high;
  }
}
