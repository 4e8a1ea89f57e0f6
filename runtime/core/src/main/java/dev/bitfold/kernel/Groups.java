package dev.bitfold.kernel;

import java.util.Arrays;

/**
 * Describes which group each element of a dense, c-ordered tensor belongs to. The elements of a
 * group share one scale. Every granularity has the same form: along each axis, a number of adjacent
 * elements form a block. A block of 1 gives each index of the axis its own group, and a block of
 * the whole length makes all indices share a group. The last block of an axis may be shorter.
 *
 * <p>Axes are merged for iteration, so a kernel sees rows of {@link #columns} elements. The element
 * at column {@code c} of row {@code r} is in group {@code base(r) + c / block()}. Immutable.
 */
public final class Groups {
  /** A block that spans an axis of any length. */
  public static final int WHOLE = Integer.MAX_VALUE;

  private final long[] shape;
  private final int elements;
  private final int count;
  private final int columns;
  private final int block;
  private final int[] outerSize;
  private final int[] outerBlock;
  private final int[] outerStride;

  private Groups(long[] shape, int elements, int[] size, int[] block) {
    this.shape = shape;
    this.elements = elements;
    int last = size.length - 1;
    this.columns = size[last];
    this.block = block[last];
    this.outerSize = Arrays.copyOf(size, last);
    this.outerBlock = Arrays.copyOf(block, last);
    this.outerStride = new int[last];
    int stride = blocks(size[last], block[last]);
    for (int i = last - 1; i >= 0; i--) {
      outerStride[i] = stride;
      stride *= blocks(size[i], block[i]);
    }
    this.count = stride;
  }

  /**
   * Returns the groups of a tensor.
   *
   * @param shape the tensor's shape, with fewer than 2^31 elements
   * @param blocks for each axis, the number of adjacent elements that form a block, at least 1
   */
  public static Groups of(long[] shape, int[] blocks) {
    if (shape.length != blocks.length) {
      throw new IllegalArgumentException(
          "blocks " + Arrays.toString(blocks) + " for shape " + Arrays.toString(shape));
    }
    long elements = 1;
    long[] grouped = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      if (blocks[i] < 1) {
        throw new IllegalArgumentException("a block of " + blocks[i] + " elements");
      }
      elements *= shape[i];
      if (elements > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "a tensor of shape " + Arrays.toString(shape) + " has more than 2^31 - 1 elements");
      }
      grouped[i] = shape[i] == 0 ? 0 : (shape[i] - 1) / blocks[i] + 1;
    }
    return merged(shape, blocks, grouped, (int) elements);
  }

  /** Returns one group of all elements. */
  public static Groups perTensor(long... shape) {
    int[] blocks = new int[shape.length];
    Arrays.fill(blocks, WHOLE);
    return of(shape, blocks);
  }

  /** Returns one group for each index of an axis. */
  public static Groups perIndex(long[] shape, int axis) {
    int[] blocks = new int[shape.length];
    Arrays.fill(blocks, WHOLE);
    blocks[axis] = 1;
    return of(shape, blocks);
  }

  /** Merges adjacent axes, from the last to the first, where the groups allow it. */
  private static Groups merged(long[] shape, int[] blocks, long[] grouped, int elements) {
    int[] sizes = new int[shape.length + 1];
    int[] runs = new int[shape.length + 1];
    int axes = 0;
    for (int i = shape.length - 1; i >= 0; i--) {
      int size = (int) shape[i];
      int run = Math.min(blocks[i], Math.max(size, 1));
      if (size == 1) {
        continue;
      }
      if (axes > 0) {
        int inner = axes - 1;
        if (runs[inner] == sizes[inner]) {
          runs[inner] *= run;
          sizes[inner] *= size;
          continue;
        }
        if (run == 1 && sizes[inner] % runs[inner] == 0) {
          sizes[inner] *= size;
          continue;
        }
      }
      sizes[axes] = size;
      runs[axes] = run;
      axes++;
    }
    if (axes == 0) {
      return new Groups(grouped, elements, new int[] {1}, new int[] {1});
    }
    return new Groups(grouped, elements, reversed(sizes, axes), reversed(runs, axes));
  }

  private static int[] reversed(int[] values, int length) {
    int[] result = new int[length];
    for (int i = 0; i < length; i++) {
      result[i] = values[length - 1 - i];
    }
    return result;
  }

  private static int blocks(int size, int block) {
    return size == 0 ? 0 : (size - 1) / block + 1;
  }

  /**
   * Returns the shape of one value for each group: the tensor's shape with each axis divided by its
   * block.
   */
  public long[] shape() {
    return shape.clone();
  }

  /** Returns the number of elements of the tensor. */
  public int elements() {
    return elements;
  }

  /** Returns the number of groups. */
  public int count() {
    return count;
  }

  /** Returns the number of elements in a row. */
  public int columns() {
    return columns;
  }

  /**
   * Returns the number of adjacent columns in one group. The last block of a row may be shorter.
   */
  public int block() {
    return block;
  }

  /** Returns the group of a row's first element. */
  public int base(int row) {
    int base = 0;
    int rest = row;
    for (int i = outerSize.length - 1; i >= 0; i--) {
      int size = outerSize[i];
      int index = rest % size;
      rest /= size;
      base += index / outerBlock[i] * outerStride[i];
    }
    return base;
  }

  /**
   * Returns the axes before the columns, outermost first, in the form that {@link #base} uses:
   * three numbers for each axis. They are the length of the axis, the number of adjacent indices
   * that form a block, and the difference between the groups of adjacent blocks.
   */
  public int[] outer() {
    int[] outer = new int[3 * outerSize.length];
    for (int i = 0; i < outerSize.length; i++) {
      outer[3 * i] = outerSize[i];
      outer[3 * i + 1] = outerBlock[i];
      outer[3 * i + 2] = outerStride[i];
    }
    return outer;
  }

  /** Returns the group of an element, by its index in c order. */
  public int group(int element) {
    return base(element / columns) + element % columns / block;
  }

  /** Returns whether every group is a contiguous range of elements, in the order of the groups. */
  public boolean contiguous() {
    return outerSize.length == 0;
  }

  /**
   * Writes the value of its group for each of {@code length} elements from {@code start}.
   *
   * @param values one value for each group
   */
  public void expand(float[] values, int start, int length, float[] out) {
    boolean each = block == 1;
    for (Runs runs = runs(start, length); runs.next(); ) {
      if (each) {
        System.arraycopy(values, runs.group(), out, runs.from(), runs.length());
      } else {
        Arrays.fill(out, runs.from(), runs.to(), values[runs.group()]);
      }
    }
  }

  /**
   * Returns the runs of a range of elements. If {@link #block} is 1, the elements of a run have
   * groups that follow one another; else they are of one group.
   */
  public Runs runs(int start, int length) {
    return new Runs(this, start, length);
  }

  @Override
  public String toString() {
    return count + " groups of " + elements + " elements";
  }
}
