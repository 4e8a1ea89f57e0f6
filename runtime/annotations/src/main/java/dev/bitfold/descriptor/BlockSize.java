package dev.bitfold.descriptor;

/**
 * Describes one blocked axis of a descriptor, by number or by a letter of the tensor's layout.
 *
 * @param axis the axis, negative from the end; not used if {@code along} is given
 * @param along a letter, or empty
 * @param size elements per block
 */
public record BlockSize(int axis, String along, int size) {
  /** The size of a block that spans its whole axis, whatever the axis's length. */
  public static final int WHOLE = Integer.MAX_VALUE;

  /** Returns blocks along an axis that is given by number. */
  public static BlockSize axis(int axis, int size) {
    return new BlockSize(axis, "", size);
  }

  /** Returns blocks along an axis that is given by a layout letter. */
  public static BlockSize along(String letter, int size) {
    return new BlockSize(-1, letter, size);
  }

  @Override
  public String toString() {
    return (size == WHOLE ? "whole" : String.valueOf(size))
        + " along "
        + (along.isEmpty() ? "axis " + axis : along);
  }
}
