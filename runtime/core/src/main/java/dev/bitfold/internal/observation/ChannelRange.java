package dev.bitfold.internal.observation;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.tensor.DenseFloats;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The values that each channel of an input takes: the smallest and the largest; where the quantizer
 * is symmetric, minus and plus the largest magnitude. The arrays are not written to.
 */
public final class ChannelRange {
  private final float[] low;
  private final float[] high;

  /**
   * Keeps the arrays.
   *
   * @param low one per channel
   * @param high one per channel
   */
  ChannelRange(float[] low, float[] high) {
    this.low = low;
    this.high = high;
  }

  int channels() {
    return low.length;
  }

  /** Whether no channel has seen NaN or infinity. */
  boolean isFinite() {
    for (int c = 0; c < low.length; c++) {
      if (!Float.isFinite(low[c]) || !Float.isFinite(high[c])) {
        return false;
      }
    }
    return true;
  }

  /** The largest absolute value of each channel, [C] float32. */
  public INDArray amax() {
    float[] amax = new float[low.length];
    for (int c = 0; c < amax.length; c++) {
      amax[c] = Math.max(Math.abs(low[c]), Math.abs(high[c]));
    }
    return DenseFloats.array(amax, amax.length);
  }

  /** Of both, which have as many channels. */
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
   * Returns the range of the smoothed input, exact to the bit: rounding keeps the order.
   *
   * @param preQuantScale one factor per channel
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

  /** The largest absolute value of all. */
  public CalibratedScale.Amax whole() {
    return new CalibratedScale.Amax(amax().max());
  }

  /** The smallest and the largest value of all. */
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
   * A guess at the scale of the smoothed input where only a new calibration knows it: a scale per
   * channel moves with its channel, one for all as the extremes of all channels do.
   *
   * @param scale of the input, whose channels have this range
   * @param factors the pre-quant scale, one per channel
   * @param layout of the input
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
    // Percentiles may lie on the other side of zero than the extremes.
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

  /** Each channel's value times its factor; empty if it is not a value for each channel. */
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
