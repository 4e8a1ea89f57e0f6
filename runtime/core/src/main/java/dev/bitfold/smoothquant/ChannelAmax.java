package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Runs;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Computes the largest absolute value of each channel, as float32 vectors [C]. A channel that holds
 * a NaN has the amax NaN, which {@link SmoothScales} refuses. Stateless.
 */
public final class ChannelAmax {
  private ChannelAmax() {}

  /**
   * Returns the amax of each channel of an activation, over all axes except {@code C}: for NCHW
   * over N, H and W.
   *
   * @throws IllegalArgumentException if the layout has no C or does not fit the tensor's rank, or
   *     if the tensor holds integers
   */
  public static INDArray ofInput(INDArray x, Layout layout) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(layout, "layout");
    return of(x, Channels.along(x.shape(), layout.axis('C', x.rank())), "an input");
  }

  /**
   * Returns the amax of a weight for each channel of the input. A weight with fewer input channels
   * ({@code I}) than the input is that of a grouped convolution, or of a depthwise one if I is 1.
   * Its output channels are divided among the groups in order.
   *
   * @param inputChannels the number of channels of the layer's input
   * @throws IllegalArgumentException if the layout has no I (for groups: no O) or does not fit the
   *     tensor's rank, if the channels cannot be divided into groups, or if the tensor holds
   *     integers
   */
  public static INDArray ofWeight(INDArray weight, Layout layout, int inputChannels) {
    Objects.requireNonNull(weight, "weight");
    Objects.requireNonNull(layout, "layout");
    return of(weight, inputChannels(weight, layout, inputChannels), "a weight");
  }

  /**
   * Returns the largest amax of each channel, for layers that consume the same source.
   *
   * @throws IllegalArgumentException if the numbers of channels differ
   */
  public static INDArray max(INDArray first, INDArray... others) {
    Objects.requireNonNull(first, "first");
    Objects.requireNonNull(others, "others");
    float[] max = DenseFloats.of(first, "an amax").copy();
    for (INDArray other : others) {
      float[] values = DenseFloats.of(other, "an amax").copy();
      if (values.length != max.length) {
        throw new IllegalArgumentException(
            "amax of " + max.length + " channels and of " + values.length);
      }
      for (int i = 0; i < max.length; i++) {
        max[i] = Math.max(max[i], values[i]);
      }
    }
    return Nd4j.createFromArray(max);
  }

  static Channels inputChannels(INDArray weight, Layout layout, int inputChannels) {
    long[] shape = weight.shape();
    int inputAxis = layout.axis('I', weight.rank());
    long own = shape[inputAxis];
    if (own == inputChannels) {
      return Channels.along(shape, inputAxis);
    }
    String what =
        "a weight of layout " + layout + " and shape " + Arrays.toString(shape) + " has " + own;
    if (own == 0 || own > inputChannels || inputChannels % own != 0 || !layout.has('O')) {
      throw new IllegalArgumentException(what + " input channels, its input has " + inputChannels);
    }
    int groups = (int) (inputChannels / own);
    int outputAxis = layout.axis('O', weight.rank());
    if (shape[outputAxis] == 0 || shape[outputAxis] % groups != 0) {
      throw new IllegalArgumentException(
          what
              + " of "
              + inputChannels
              + " input channels, which makes "
              + groups
              + " groups, but "
              + shape[outputAxis]
              + " output channels cannot be divided among them");
    }
    return Channels.grouped(shape, inputAxis, outputAxis, groups);
  }

  private static INDArray of(INDArray x, Channels channels, String what) {
    float[] values = DenseFloats.of(x, what).copy();
    Groups groups = channels.groups();
    boolean each = groups.block() == 1;
    float[] amax = new float[groups.count()];
    for (Runs runs = groups.runs(0, values.length); runs.next(); ) {
      int g = runs.group();
      if (each) {
        for (int i = runs.from(); i < runs.to(); i++, g++) {
          amax[g] = Math.max(amax[g], Math.abs(values[i]));
        }
      } else {
        amax[g] = Math.max(amax[g], largest(values, runs.from(), runs.to()));
      }
    }
    return Nd4j.createFromArray(channels.toChannels(amax));
  }

  private static float largest(float[] values, int from, int to) {
    float max = 0;
    for (int i = from; i < to; i++) {
      max = Math.max(max, Math.abs(values[i]));
    }
    return max;
  }
}
