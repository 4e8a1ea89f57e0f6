package dev.bitfold.calibration;

import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The smallest and the largest value, for affine quantizers; plain, or as exponential moving
 * averages of the batches' extremes (then ordered, as {@link MovingAverageCalibrator}).
 */
public final class MinMaxCalibrator implements RangeCalibrator {
  private final Quantizer quantizer;
  private final NonFinite policy;
  private final double weight;
  private final String kind;
  private Observed observed;
  private double[] min = new double[0];
  private double[] max = new double[0];

  /**
   * A calibrator.
   *
   * @param weight of a batch in the moving average; 0 for the extremes of all batches
   */
  MinMaxCalibrator(Quantizer quantizer, NonFinite policy, double weight) {
    this.quantizer = quantizer;
    this.policy = policy;
    this.weight = weight;
    this.kind = weight == 0 ? "min-max calibrator" : "min-max calibrator of weight " + weight;
    this.observed = new Observed(kind);
  }

  @Override
  public void observe(INDArray x) {
    Objects.requireNonNull(x, "x");
    if (x.isEmpty()) {
      return;
    }
    Batch batch = Batch.of(quantizer, x, policy);
    float[] low = new float[batch.groups().count()];
    float[] high = new float[low.length];
    batch.range(low, high);
    synchronized (this) {
      boolean first = observed.isEmpty();
      observed.accept(batch);
      include(Ranges.doubles(low), Ranges.doubles(high), first);
    }
  }

  private void include(double[] low, double[] high, boolean first) {
    if (first) {
      min = low;
      max = high;
      return;
    }
    for (int g = 0; g < min.length; g++) {
      min[g] = weight == 0 ? Math.min(min[g], low[g]) : min[g] + weight * (low[g] - min[g]);
      max[g] = weight == 0 ? Math.max(max[g], high[g]) : max[g] + weight * (high[g] - max[g]);
    }
  }

  @Override
  public synchronized INDArray min() {
    return observed.array(Ranges.floats(min));
  }

  @Override
  public synchronized INDArray max() {
    return observed.array(Ranges.floats(max));
  }

  @Override
  public synchronized INDArray amax() {
    return observed.array(Ranges.amax(min, max));
  }

  @Override
  public synchronized long elements() {
    return observed.elements();
  }

  @Override
  public synchronized long nonFinite() {
    return observed.nonFinite();
  }

  @Override
  public void merge(Calibrator other) {
    Objects.requireNonNull(other, "other");
    if (weight != 0) {
      throw Merging.ordered(kind);
    }
    MinMaxCalibrator copy = Merging.sameKind(other, MinMaxCalibrator.class, kind).copy();
    synchronized (this) {
      boolean first = observed.isEmpty();
      observed.accept(copy.observed);
      if (!copy.observed.isEmpty()) {
        include(copy.min, copy.max, first);
      }
    }
  }

  private synchronized MinMaxCalibrator copy() {
    MinMaxCalibrator copy = new MinMaxCalibrator(quantizer, policy, weight);
    copy.observed.accept(observed);
    copy.include(min.clone(), max.clone(), true);
    return copy;
  }

  @Override
  public synchronized void writeTo(DataOutput out) throws IOException {
    Objects.requireNonNull(out, "out");
    observed.writeTo(out);
    for (int g = 0; g < min.length; g++) {
      out.writeDouble(min[g]);
      out.writeDouble(max[g]);
    }
  }

  @Override
  public synchronized void readFrom(DataInput in) throws IOException {
    Objects.requireNonNull(in, "in");
    Observed read = Observed.readFrom(in, kind);
    double[] low = new double[read.groups()];
    double[] high = new double[low.length];
    for (int g = 0; g < low.length; g++) {
      low[g] = in.readDouble();
      high[g] = in.readDouble();
    }
    observed = read;
    min = low;
    max = high;
  }
}
