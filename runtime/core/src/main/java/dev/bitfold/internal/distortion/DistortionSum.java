package dev.bitfold.internal.distortion;

import dev.bitfold.calibration.Accumulator;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Sums the distortion of several tensors, independently of their order. Safe for concurrent use.
 */
public final class DistortionSum implements Accumulator<DistortionSum> {
  private final ExactSum signal = new ExactSum();
  private final ExactSum noise = new ExactSum();

  public synchronized void add(Distortion more) {
    signal.add(more.signal());
    noise.add(more.noise());
  }

  @Override
  public synchronized void merge(DistortionSum other) {
    signal.add(other.signal);
    noise.add(other.noise);
  }

  @Override
  public synchronized void writeTo(DataOutput out) throws IOException {
    signal.writeTo(out);
    noise.writeTo(out);
  }

  @Override
  public synchronized void readFrom(DataInput in) throws IOException {
    signal.readFrom(in);
    noise.readFrom(in);
  }

  public synchronized Distortion get() {
    return new Distortion(signal.value(), noise.value());
  }
}
