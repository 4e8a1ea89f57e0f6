package dev.bitfold.tuning;

/**
 * Finds the output channel of each element of a layer's output.
 *
 * @param count the number of channels
 * @param inner the number of elements from one index of the channels' axis to the next
 */
record OutputChannels(int count, int inner) {
  /** Returns the channels along an axis; a single channel needs no axis and holds every element. */
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

  /** Returns the channel of an element, in c order. */
  int of(int element) {
    return element / inner % count;
  }
}
