package dev.bitfold.internal.replay;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.tensor.DenseFloats;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the smallest and the largest value of each channel of an input. For a symmetric quantizer,
 * these are minus and plus the largest magnitude. The arrays are not written to.
 */
public final class ChannelRange {
  private final float[] low;
  private final float[] high;

  /**
   * Keeps the arrays.
   *
   * @param low the smallest value of each channel
   * @param high the largest value of each channel
   */
  ChannelRange(float[] low, float[] high) {
    this.low = low;
    this.high = high;
  }

  void writeTo(DataOutput out) throws IOException {
    Floats.write(out, low, low.length);
    Floats.write(out, high, high.length);
  }

  static ChannelRange readFrom(DataInput in) throws IOException {
    return new ChannelRange(Floats.read(in).values(), Floats.read(in).values());
  }

  int channels() {
    return low.length;
  }

  /** Returns whether no channel holds NaN or infinity. */
  boolean isFinite() {
    for (int c = 0; c < low.length; c++) {
      if (!Float.isFinite(low[c]) || !Float.isFinite(high[c])) {
        return false;
      }
    }
    return true;
  }

  /** Returns the largest absolute value of each channel, [C] float32. */
  public INDArray amax() {
    float[] amax = new float[low.length];
    for (int c = 0; c < amax.length; c++) {
      amax[c] = Math.max(Math.abs(low[c]), Math.abs(high[c]));
    }
    return DenseFloats.array(amax, amax.length);
  }

  /** Returns the range of both, which must have the same number of channels. */
  ChannelRange and(ChannelRange other) {
    float[] bothLow = low.clone();
    float[] bothHigh = high.clone();
    for (int c = 0; c < bothLow.length; c++) {
      bothLow[c] = Math.min(bothLow[c], other.low[c]);
      bothHigh[c] = Math.max(bothHigh[c], other.high[c]);
    }
    return new ChannelRange(bothLow, bothHigh);
  }

  /**
   * Returns the range of the smoothed input. It is exact to the bit, because rounding keeps the
   * order.
   *
   * @param preQuantScale one factor for each channel
   */
  public ChannelRange smoothed(INDArray preQuantScale) {
    float[] factors = preQuantScale.toFloatVector();
    float[] smoothLow = low.clone();
    float[] smoothHigh = high.clone();
    for (int c = 0; c < factors.length; c++) {
      smoothLow[c] *= factors[c];
      smoothHigh[c] *= factors[c];
    }
    return new ChannelRange(smoothLow, smoothHigh);
  }

  /** Returns the largest absolute value of all channels. */
  public CalibratedScale.Amax whole() {
    return new CalibratedScale.Amax(amax().max());
  }

  /** Returns the smallest and the largest value of all channels. */
  public CalibratedScale.Range wholeRange() {
    return new CalibratedScale.Range(
        DenseFloats.array(new float[] {least()}), DenseFloats.array(new float[] {most()}));
  }

  private float least() {
    float least = low[0];
    for (float value : low) {
      least = Math.min(least, value);
    }
    return least;
  }

  private float most() {
    float most = high[0];
    for (float value : high) {
      most = Math.max(most, value);
    }
    return most;
  }

  /**
   * Returns an estimate of the smoothed input's scale if only a new calibration can find it. The
   * scale of a channel moves with its channel. A single scale moves as the extremes of all channels
   * do.
   *
   * @param scale the scale of the input, whose channels have this range
   * @param factors the pre-quant scale, one factor for each channel
   * @param layout the layout of the input
   */
  public CalibratedScale guess(CalibratedScale scale, INDArray factors, Layout layout) {
    ChannelRange after = smoothed(factors);
    if (scale instanceof CalibratedScale.Amax amax) {
      return new CalibratedScale.Amax(
          perChannel(amax.amax(), factors, layout)
              .orElseGet(() -> amax.amax().mul(ratio(peak(), after.peak()))));
    }
    CalibratedScale.Range range = (CalibratedScale.Range) scale;
    Optional<INDArray> min = perChannel(range.min(), factors, layout);
    Optional<INDArray> max = perChannel(range.max(), factors, layout);
    if (min.isPresent() && max.isPresent()) {
      return new CalibratedScale.Range(min.get(), max.get());
    }
    INDArray lower = range.min().mul(ratio(least(), after.least()));
    INDArray upper = range.max().mul(ratio(most(), after.most()));
    // Percentiles may lie on the other side of zero from the extremes.
    return lower.gt(upper).any()
        ? range.times(ratio(peak(), after.peak()))
        : new CalibratedScale.Range(lower, upper);
  }

  private float peak() {
    return Math.max(Math.abs(least()), Math.abs(most()));
  }

  private static double ratio(float before, float after) {
    return before == 0 ? 1 : (double) after / before;
  }

  /**
   * Returns each channel's value times its factor; empty if there is not a value for each channel.
   */
  private static Optional<INDArray> perChannel(INDArray values, INDArray factors, Layout layout) {
    if (values.rank() == 0 || values.length() != factors.length()) {
      return Optional.empty();
    }
    boolean alongChannels = values.size(layout.axis('C', values.rank())) == factors.length();
    return alongChannels
        ? Optional.of(values.mul(factors.reshape(values.shape())))
        : Optional.empty();
  }
}
