package dev.bitfold.gradient;

import dev.bitfold.kernel.Groups;
import java.util.Arrays;

/** Repeats each group's value for the elements of a chunk. Not safe for concurrent use. */
final class PerElement {
  private final Groups groups;
  private final float[] perGroup;
  private final float[] chunk = new float[Elements.CHUNK];

  PerElement(Groups groups, float[] perGroup) {
    this.groups = groups;
    this.perGroup = perGroup;
    if (perGroup.length == 1) {
      Arrays.fill(chunk, perGroup[0]);
    }
  }

  /** Returns the values of a chunk's elements, valid until the next call. */
  float[] at(int start, int length) {
    if (perGroup.length > 1) {
      groups.expand(perGroup, start, length, chunk);
    }
    return chunk;
  }
}
