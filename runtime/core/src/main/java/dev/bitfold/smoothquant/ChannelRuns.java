package dev.bitfold.smoothquant;

/**
 * Describes the channels of a dense tensor in c order as contiguous runs. All elements of a run
 * have the same channel, or each element has the channel after that of the element before.
 */
final class ChannelRuns {
  /** Handles the runs. */
  @FunctionalInterface
  interface Run {
    /**
     * Handles one run.
     *
     * @param from the flat index of the first element
     * @param length the number of elements
     * @param channel the first element's channel
     * @param step 0 if all elements have that channel, 1 if each has the next channel
     */
    void accept(int from, int length, int channel, int step);
  }

  private final int outer;
  private final int channels;
  private final int inner;
  // For groups: the output channels, their position, and the number that share a group; otherwise 1
  // group.
  private final int groups;
  private final int outputs;
  private final int outputStride;

  private ChannelRuns(
      int outer, int channels, int inner, int groups, int outputs, int outputStride) {
    this.outer = outer;
    this.channels = channels;
    this.inner = inner;
    this.groups = groups;
    this.outputs = outputs;
    this.outputStride = outputStride;
  }

  /** Returns the channels along one axis. */
  static ChannelRuns along(long[] shape, int axis) {
    return grouped(shape, axis, axis, 1);
  }

  /**
   * Returns the input channels of a grouped weight. Output channel {@code o} of O is in group
   * {@code g = o / (O / groups)}, and its i-th input is channel {@code g * I + i}.
   */
  static ChannelRuns grouped(long[] shape, int inputAxis, int outputAxis, int groups) {
    return new ChannelRuns(
        (int) product(shape, 0, inputAxis),
        (int) shape[inputAxis],
        (int) product(shape, inputAxis + 1, shape.length),
        groups,
        (int) shape[outputAxis],
        (int) product(shape, outputAxis + 1, shape.length));
  }

  /** Returns the number of channels. */
  int count() {
    return channels * groups;
  }

  void forEach(Run run) {
    if (groups > 1 && outputStride < inner) {
      outputsInside(run);
      return;
    }
    int row = channels * inner;
    for (int o = 0; o < outer; o++) {
      int from = o * row;
      int first = groups == 1 ? 0 : group(from / outputStride) * channels;
      if (inner == 1) {
        run.accept(from, channels, first, 1);
      } else {
        for (int i = 0; i < channels; i++) {
          run.accept(from + i * inner, inner, first + i, 0);
        }
      }
    }
  }

  // As in HWIO: the outputs of a group are adjacent, and each group is a run.
  private void outputsInside(Run run) {
    int length = outputs / groups * outputStride;
    int total = outer * channels * inner;
    for (int from = 0; from < total; from += length) {
      int input = from / inner % channels;
      run.accept(from, length, group(from / outputStride) * channels + input, 0);
    }
  }

  private int group(int output) {
    return output % outputs / (outputs / groups);
  }

  private static long product(long[] shape, int from, int to) {
    long product = 1;
    for (int i = from; i < to; i++) {
      product *= shape[i];
    }
    return product;
  }
}
