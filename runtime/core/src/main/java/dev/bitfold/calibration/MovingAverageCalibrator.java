package dev.bitfold.calibration;

import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An exponential moving average of each batch's largest absolute value: {@code average + weight *
 * (amax - average)}, from the first batch's amax, in double. The result depends on the order of the
 * batches, so it cannot be merged, and is the same on every run only if one thread observes.
 * Source: torch's MovingAverageMinMaxObserver, whose averaging constant the weight is.
 */
public final class MovingAverageCalibrator implements Calibrator {
  /** What a batch counts for unless said otherwise. */
  public static final double DEFAULT_WEIGHT = 0.1;

  private final Quantizer quantizer;
  private final NonFinite policy;
  private final double weight;
  private final String kind;
  private Observed observed;
  private double[] average = new double[0];

  MovingAverageCalibrator(Quantizer quantizer, NonFinite policy, double weight) {
    this.quantizer = quantizer;
    this.policy = policy;
    this.weight = weight;
    this.kind = "moving average calibrator of weight " + weight;
    this.observed = new Observed(kind);
  }

  @Override
  public void observe(INDArray x) {
    Objects.requireNonNull(x, "x");
    if (x.isEmpty()) {
      return;
    }
    Batch batch = Batch.of(quantizer, x, policy);
    float[] values = batch.amaxValues();
    synchronized (this) {
      boolean first = observed.isEmpty();
      observed.accept(batch);
      if (first) {
        average = new double[values.length];
      }
      for (int g = 0; g < values.length; g++) {
        average[g] = first ? values[g] : average[g] + weight * (values[g] - average[g]);
      }
    }
  }

  @Override
  public synchronized INDArray amax() {
    float[] amax = new float[average.length];
    for (int g = 0; g < amax.length; g++) {
      amax[g] = (float) average[g];
    }
    return observed.array(amax);
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
    throw Merging.ordered(kind);
  }

  @Override
  public synchronized void writeTo(DataOutput out) throws IOException {
    Objects.requireNonNull(out, "out");
    observed.writeTo(out);
    for (double value : average) {
      out.writeDouble(value);
    }
  }

  @Override
  public synchronized void readFrom(DataInput in) throws IOException {
    Objects.requireNonNull(in, "in");
    Observed read = Observed.readFrom(in, kind);
    double[] values = new double[read.groups()];
    for (int g = 0; g < values.length; g++) {
      values[g] = in.readDouble();
    }
    observed = read;
    average = values;
  }
}
