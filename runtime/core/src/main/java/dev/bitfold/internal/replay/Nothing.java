package dev.bitfold.internal.replay;

import dev.bitfold.calibration.Accumulator;
import java.io.DataInput;
import java.io.DataOutput;

/** Accumulates nothing: a pass with it only proves something of each batch. */
public final class Nothing implements Accumulator<Nothing> {
  @Override
  public void merge(Nothing other) {}

  @Override
  public void writeTo(DataOutput out) {}

  @Override
  public void readFrom(DataInput in) {}
}
