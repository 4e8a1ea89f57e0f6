package dev.bitfold.smoothquant;

import dev.bitfold.kernel.Groups;
import java.util.Arrays;

/**
 * Describes which channel each element of a dense tensor in c order belongs to: the channels are
 * the groups of its elements, perhaps in another order.
 *
 * @param groups the elements of one channel each
 * @param inputs how many channels each group of a convolution has
 * @param convolutions the number of groups of a convolution
 * @param inputsFirst whether the first channel of each convolution's group comes before the second
 *     of any
 */
record Channels(Groups groups, int inputs, int convolutions, boolean inputsFirst) {
  /** Returns the channels along one axis. */
  static Channels along(long[] shape, int axis) {
    return new Channels(Groups.perIndex(shape, axis), (int) shape[axis], 1, false);
  }

  /**
   * Returns the input channels of a grouped weight. Output channel {@code o} of O is in group
   * {@code g = o / (O / convolutions)}, and its i-th input is channel {@code g * I + i}.
   */
  static Channels grouped(long[] shape, int inputAxis, int outputAxis, int convolutions) {
    int[] blocks = new int[shape.length];
    Arrays.fill(blocks, Groups.WHOLE);
    blocks[inputAxis] = 1;
    blocks[outputAxis] = (int) shape[outputAxis] / convolutions;
    return new Channels(
        Groups.of(shape, blocks), (int) shape[inputAxis], convolutions, inputAxis < outputAxis);
  }

  /** Returns the number of channels. */
  int count() {
    return inputs * convolutions;
  }

  /** Returns the channel of a group. */
  private int channel(int group) {
    return inputsFirst ? group % convolutions * inputs + group / convolutions : group;
  }

  /** Orders one value for each channel as the groups are. */
  float[] toGroups(float[] ofChannels) {
    float[] ofGroups = new float[groups.count()];
    for (int g = 0; g < ofGroups.length; g++) {
      ofGroups[g] = ofChannels[channel(g)];
    }
    return ofGroups;
  }

  /** Orders one value for each group as the channels are; channels without elements have 0. */
  float[] toChannels(float[] ofGroups) {
    float[] ofChannels = new float[count()];
    for (int g = 0; g < groups.count(); g++) {
      ofChannels[channel(g)] = ofGroups[g];
    }
    return ofChannels;
  }
}
