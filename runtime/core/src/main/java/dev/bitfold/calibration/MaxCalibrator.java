package dev.bitfold.calibration;

import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The largest absolute value. Source: ModelOpt's MaxCalibrator. Works for every granularity, blocks
 * included.
 */
public final class MaxCalibrator extends ObservedCalibrator<MaxCalibrator> {
  private float[] amax = new float[0];

  MaxCalibrator(Quantizer quantizer, NonFinite policy) {
    super(quantizer, policy, "max calibrator");
  }

  @Override
  protected Runnable statistics(Batch batch) {
    float[] values = batch.amaxValues();
    return () -> include(values);
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
    return array(amax);
  }

  @Override
  protected MaxCalibrator empty() {
    return new MaxCalibrator(quantizer(), policy());
  }

  @Override
  protected void add(MaxCalibrator other) {
    include(other.amax);
  }

  @Override
  protected void writeStatistics(DataOutput out) throws IOException {
    Observed.writeFloats(out, amax);
  }

  @Override
  protected void readStatistics(DataInput in, Observed read) throws IOException {
    float[] values = read.readFloats(in);
    for (float value : values) {
      if (policy() != NonFinite.KEEP && !(value >= 0 && Float.isFinite(value))) {
        throw Observed.damaged("max calibrator");
      }
    }
    amax = values;
  }
}
