package dev.bitfold.calibration;

import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The largest absolute value. Source: ModelOpt's MaxCalibrator. Works for every granularity, blocks
 * included.
 */
public final class MaxCalibrator implements Calibrator {
  private static final String KIND = "max calibrator";

  private final Quantizer quantizer;
  private final NonFinite policy;
  private Observed observed = new Observed(KIND);
  private float[] amax = new float[0];

  MaxCalibrator(Quantizer quantizer, NonFinite policy) {
    this.quantizer = quantizer;
    this.policy = policy;
  }

  @Override
  public void observe(INDArray x) {
    Objects.requireNonNull(x, "x");
    if (!x.isEmpty()) {
      Batch batch = Batch.of(quantizer, x, policy);
      float[] values = batch.amaxValues();
      synchronized (this) {
        observed.accept(batch);
        include(values);
      }
    }
  }

  private void include(float[] values) {
    if (amax.length == 0) {
      amax = values.clone();
      return;
    }
    for (int g = 0; g < values.length; g++) {
      amax[g] = Math.max(amax[g], values[g]);
    }
  }

  @Override
  public synchronized INDArray amax() {
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
    MaxCalibrator copy = Merging.sameKind(other, MaxCalibrator.class, KIND).copy();
    synchronized (this) {
      observed.accept(copy.observed);
      include(copy.amax);
    }
  }

  private synchronized MaxCalibrator copy() {
    MaxCalibrator copy = new MaxCalibrator(quantizer, policy);
    copy.observed.accept(observed);
    copy.include(amax);
    return copy;
  }

  @Override
  public synchronized void writeTo(DataOutput out) throws IOException {
    Objects.requireNonNull(out, "out");
    observed.writeTo(out);
    Observed.writeFloats(out, amax);
  }

  @Override
  public synchronized void readFrom(DataInput in) throws IOException {
    Objects.requireNonNull(in, "in");
    Observed read = Observed.readFrom(in, KIND);
    amax = read.readFloats(in);
    observed = read;
  }
}
