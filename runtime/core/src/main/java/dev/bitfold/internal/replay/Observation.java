package dev.bitfold.internal.replay;

import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.PaddingMask;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Source;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.ChannelScale;
import dev.bitfold.tensor.DenseFloats;
import dev.bitfold.tensor.Workspaces;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds what calibration has observed of one quantized input or output: the largest absolute value
 * of each channel, the amax of the quantizer, and a sample. It does not depend on the order of the
 * batches. Safe for concurrent use.
 */
public final class Observation implements Accumulator<Observation> {
  private final TensorSite site;
  private final Quantizer quantizer;
  private final QuantDescriptor descriptor;
  private final InputSample sample;
  private final boolean perChannel;
  private final @Nullable Calibrator calibrator;
  private final @Nullable INDArray folded;
  private final NonFinite policy;
  private @Nullable ChannelRange channels;
  private long nonFinite;

  Observation(TensorSite site, Quantizer quantizer, NonFinite policy) {
    this.policy = policy;
    this.site = site;
    this.quantizer = quantizer;
    this.descriptor = quantizer.descriptor();
    this.folded = null;
    Layout layout = site.tensor().layout();
    this.sample = new InputSample(layout);
    this.perChannel = layout.has('C');
    boolean needed = descriptor.needsCalibration() && !isLargestOfChannels(site, descriptor);
    this.calibrator = needed ? Calibrators.of(quantizer, policy) : null;
  }

  private Observation(Observation seen, INDArray folded) {
    this.site = seen.site;
    this.quantizer = seen.quantizer;
    this.descriptor = seen.descriptor;
    this.sample = seen.sample;
    this.perChannel = seen.perChannel;
    this.calibrator = seen.calibrator;
    this.folded = folded;
    this.policy = seen.policy;
    this.nonFinite = seen.nonFinite;
    this.channels = seen.channels;
  }

  /**
   * Returns the observation of this tensor with its channels multiplied by factors; only for {@link
   * #distortion}.
   */
  public synchronized Observation folded(INDArray factors) {
    return new Observation(this, Workspaces.detached(factors));
  }

  /** Returns whether the amax is the largest one of the channels, which are observed anyway. */
  public static boolean isLargestOfChannels(TensorSite site, QuantDescriptor descriptor) {
    return descriptor.needsCalibration()
        && descriptor.perTensor()
        && !descriptor.affine()
        && descriptor.calib() == Calib.MAX
        && site.tensor().layout().has('C');
  }

  /**
   * Returns whether the scale follows from the largest and smallest values of the channels, which
   * are observed anyway, also after these are multiplied.
   */
  public static boolean followsFromChannels(TensorSite site, QuantDescriptor descriptor) {
    return descriptor.needsCalibration()
        && descriptor.perTensor()
        && descriptor.calib() == Calib.MAX
        && site.tensor().layout().has('C');
  }

  void observe(INDArray x) {
    if (!x.dataType().isFPType() || x.isEmpty()) {
      throw new IllegalArgumentException(
          site.describe(x, descriptor) + ": it holds no floats to calibrate on");
    }
    if (!site.tensor().layout().fits(x.rank())) {
      throw new IllegalArgumentException(
          site.describe(x, descriptor)
              + ": a tensor of rank "
              + x.rank()
              + " does not fit the layout");
    }
    INDArray kept = isMasked(x) ? PaddingMask.kept(x) : x;
    if (kept != null) {
      observeKept(kept);
    }
  }

  /**
   * Returns whether padded positions are known and can be left out, because no scale belongs to a
   * position or to a place in the batch.
   */
  private boolean isMasked(INDArray x) {
    if (!PaddingMask.isOf(x, site.tensor().layout())) {
      return false;
    }
    if (calibrator == null) {
      return true;
    }
    try {
      int[] blocks = quantizer.blocks(x.rank());
      return blocks[0] == BlockSize.WHOLE && blocks[1] == BlockSize.WHOLE;
    } catch (IllegalArgumentException e) {
      throw misfit(x, e);
    }
  }

  private IllegalArgumentException misfit(INDArray x, IllegalArgumentException e) {
    return new IllegalArgumentException(site.describe(x, descriptor) + ": " + e.getMessage(), e);
  }

  private void observeKept(INDArray x) {
    DenseFloats values = DenseFloats.of(x, "a tensor");
    ChannelRange range = range(values);
    if (!range.isFinite()) {
      values = withoutNonFinite(x);
      range = range(values);
    }
    if (calibrator != null) {
      try {
        calibrator.observe(x);
      } catch (IllegalArgumentException e) {
        throw misfit(x, e);
      }
    }
    sample.observe(values);
    if (perChannel) {
      merge(range, x);
    }
  }

  @Override
  public synchronized void merge(Observation other) {
    nonFinite += other.nonFinite;
    sample.merge(other.sample);
    try {
      if (calibrator != null && other.calibrator != null) {
        calibrator.merge(other.calibrator);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          site.describe(null, descriptor) + ": " + e.getMessage(), e);
    }
    if (other.channels != null) {
      merge(other.channels, null);
    }
  }

  @Override
  public synchronized void writeTo(DataOutput out) throws IOException {
    out.writeLong(nonFinite);
    out.writeBoolean(channels != null);
    if (channels != null) {
      channels.writeTo(out);
    }
    sample.writeTo(out);
    if (calibrator != null) {
      calibrator.writeTo(out);
    }
  }

  @Override
  public synchronized void readFrom(DataInput in) throws IOException {
    nonFinite = in.readLong();
    channels = in.readBoolean() ? ChannelRange.readFrom(in) : null;
    sample.readFrom(in);
    if (calibrator != null) {
      calibrator.readFrom(in);
    }
  }

  /** Returns the range of each channel, or of all values; not finite if a value is not finite. */
  private ChannelRange range(DenseFloats values) {
    long[] shape = values.array().shape();
    Groups groups =
        perChannel
            ? Groups.perIndex(shape, site.tensor().layout().axis('C', shape.length))
            : Groups.perTensor(shape);
    float[] low = new float[groups.count()];
    float[] high = new float[low.length];
    if (descriptor.affine()) {
      values.use(buffer -> quantizer.kernels().range(Source.of(buffer), groups, low, high));
    } else {
      values.use(buffer -> quantizer.kernels().amax(Source.of(buffer), groups, high));
      for (int c = 0; c < low.length; c++) {
        low[c] = -high[c];
      }
    }
    return new ChannelRange(low, high);
  }

  private synchronized void merge(ChannelRange more, @Nullable INDArray x) {
    ChannelRange seen = channels;
    if (seen == null) {
      channels = more;
    } else if (seen.channels() == more.channels()) {
      channels = seen.and(more);
    } else {
      throw new IllegalArgumentException(
          site.describe(x, descriptor)
              + ": "
              + more.channels()
              + " channels, but an earlier batch had "
              + seen.channels());
    }
  }

  /** Returns the values with zeros for NaN and infinity, which are counted or refused. */
  private DenseFloats withoutNonFinite(INDArray x) {
    float[] values = DenseFloats.of(x, "a tensor").copy();
    int bad = 0;
    int first = -1;
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        values[i] = 0;
        bad++;
        first = first < 0 ? i : first;
      }
    }
    if (policy == NonFinite.REFUSE) {
      throw new IllegalArgumentException(
          site.describe(x, descriptor)
              + ": "
              + bad
              + " of "
              + values.length
              + " values are NaN or infinite, the first at "
              + Arrays.toString(index(first, x.shape())));
    }
    synchronized (this) {
      nonFinite += bad;
    }
    return DenseFloats.of(DenseFloats.array(values, x.shape()), "a tensor");
  }

  /** Returns the number of NaN and infinite values that were left out. */
  public synchronized long nonFinite() {
    return nonFinite;
  }

  /** Returns what was left out of each observation that left any out, by path. */
  public static Map<String, Long> nonFinite(Map<String, Observation> observations) {
    Map<String, Long> counts = new LinkedHashMap<>();
    observations.forEach(
        (path, seen) -> {
          if (seen.nonFinite() > 0) {
            counts.put(path, seen.nonFinite());
          }
        });
    return Collections.unmodifiableMap(counts);
  }

  private static long[] index(long flat, long[] shape) {
    long[] index = new long[shape.length];
    long rest = flat;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    return index;
  }

  /** Returns the values of each channel; empty if the layout names no channel. */
  public synchronized Optional<ChannelRange> channelRange() {
    return Optional.ofNullable(channels);
  }

  /** Returns the largest absolute value of each channel; empty if the layout names no channel. */
  Optional<INDArray> channelAmax() {
    return channelRange().map(ChannelRange::amax);
  }

  /** Returns the scale of the quantizer; empty if it needs none. */
  public synchronized Optional<CalibratedScale> scale() {
    if (calibrator != null) {
      return Optional.of(CalibratedScale.of(calibrator));
    }
    return descriptor.needsCalibration()
        ? channelRange().map(ChannelRange::whole)
        : Optional.empty();
  }

  /**
   * Returns the distortion of the sample by the quantizer.
   *
   * @param fixed the scale of a static quantizer
   * @param preQuantScale the pre-quant scale of smoothing
   */
  public Distortion distortion(@Nullable CalibratedScale fixed, @Nullable INDArray preQuantScale) {
    if (descriptor.dynamic() && !sample.keepsUnitsApart(quantizer)) {
      // Its scale is that of a whole tensor, which is not in the sample.
      return Distortion.NONE;
    }
    Quantizer frozen = fixed == null ? quantizer : fixed.fix(quantizer);
    INDArray factors = preQuantScale == null ? folded : preQuantScale;
    if (factors == null) {
      return sample.distortion(frozen, x -> x);
    }
    int channel = site.tensor().layout().fromEnd('C');
    return sample.distortion(
        frozen.withPreQuantScale(factors, channel), x -> ChannelScale.apply(x, factors, channel));
  }
}
