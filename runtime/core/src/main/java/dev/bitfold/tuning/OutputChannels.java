package dev.bitfold.tuning;

/**
 * Where the output channels of a layer are in its output: each element belongs to one of them.
 *
 * @param count of the channels
 * @param inner the elements from one index of the channels' axis to the next
 */
record OutputChannels(int count, int inner) {
  /** The channels along an axis; one channel needs none, and is then everything. */
  static OutputChannels along(int axis, long[] shape) {
    if (axis < 0) {
      return new OutputChannels(1, 1);
    }
    long inner = 1;
    for (int i = axis + 1; i < shape.length; i++) {
      inner *= shape[i];
    }
    return new OutputChannels(Math.toIntExact(shape[axis]), Math.toIntExact(inner));
  }

  /** The channel of an element, in c order. */
  int of(int element) {
    return element / inner % count;
  }
}
