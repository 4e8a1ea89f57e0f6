package dev.bitfold;

import dev.bitfold.annotations.Layout;
import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.state.Floats;
import dev.bitfold.state.PreScale;
import dev.bitfold.state.TensorSite;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * What flowed through one quantized input or output while calibrating: the largest absolute value
 * of each channel, the amax of its quantizer, and a sample. The order of the batches does not
 * matter. Safe for concurrent use.
 */
final class Observation {
  private static final QuantDescriptor CHANNELS_LAST =
      QuantDescriptor.builder().bits(8).axis(-1).build();

  private final TensorSite site;
  private final QuantDescriptor descriptor;
  private final InputSample sample;
  private final @Nullable Quantizer channels;
  private final Quantizer quantizer;
  private @Nullable INDArray channelAmax;
  private @Nullable INDArray amax;

  Observation(TensorSite site, QuantDescriptor descriptor) {
    this.site = site;
    this.descriptor = descriptor;
    Layout layout = site.tensor().layout();
    this.sample = new InputSample(layout);
    this.quantizer = Quantizer.of(descriptor, layout);
    this.channels =
        layout.has('C')
            ? Quantizer.of(CHANNELS_LAST.toBuilder().axis(layout.fromEnd('C')).build())
            : null;
  }

  void observe(INDArray x) {
    INDArray perChannel = channels == null ? null : channels.amax(x).ravel();
    INDArray own = null;
    if (descriptor.needsCalibration()) {
      own = descriptor.perTensor() && perChannel != null ? perChannel.max() : quantizer.amax(x);
    }
    check(x, perChannel == null ? own : perChannel);
    sample.observe(x);
    merge(perChannel, own, x);
  }

  private synchronized void merge(
      @Nullable INDArray perChannel, @Nullable INDArray own, INDArray x) {
    channelAmax = max(channelAmax, perChannel, x);
    amax = max(amax, own, x);
  }

  private void check(INDArray x, @Nullable INDArray largest) {
    if (largest == null || allFinite(largest)) {
      return;
    }
    float[] values = Floats.of(x);
    int bad = 0;
    int first = -1;
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        bad++;
        first = first < 0 ? i : first;
      }
    }
    throw new IllegalArgumentException(
        site.describe(x, descriptor)
            + ": "
            + bad
            + " of "
            + values.length
            + " values are NaN or infinite, the first at "
            + Arrays.toString(index(first, x.shape())));
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

  private static boolean allFinite(INDArray amax) {
    for (float a : Floats.of(amax)) {
      if (!Float.isFinite(a)) {
        return false;
      }
    }
    return true;
  }

  private @Nullable INDArray max(@Nullable INDArray seen, @Nullable INDArray now, INDArray x) {
    if (seen == null || now == null) {
      return now == null ? seen : now;
    }
    if (!Arrays.equals(seen.shape(), now.shape())) {
      throw new IllegalArgumentException(
          site.describe(x, descriptor)
              + ": "
              + now.length()
              + " channels or scales, and an earlier batch had "
              + seen.length());
    }
    return Transforms.max(seen, now, true);
  }

  /** The largest absolute value of each channel; empty if the layout names no channel. */
  synchronized Optional<INDArray> channelAmax() {
    return Optional.ofNullable(channelAmax);
  }

  /** The amax of the quantizer; empty if it is dynamic. */
  synchronized Optional<INDArray> amax() {
    return Optional.ofNullable(amax);
  }

  /**
   * What the quantizer makes of the sample.
   *
   * @param fixed the amax of a static quantizer
   * @param preScale what smoothing multiplies the channels by
   */
  Distortion distortion(@Nullable INDArray fixed, @Nullable INDArray preScale) {
    Quantizer frozen = fixed == null ? quantizer : quantizer.withAmax(fixed);
    if (preScale == null) {
      return sample.distortion(frozen, x -> x);
    }
    int channel = site.tensor().layout().fromEnd('C');
    return sample.distortion(
        frozen.withPreScale(preScale, channel), x -> PreScale.apply(x, preScale, channel));
  }
}
