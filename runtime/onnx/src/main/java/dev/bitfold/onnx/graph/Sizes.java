package dev.bitfold.onnx.graph;

import dev.bitfold.layers.Window;
import java.util.Arrays;
import java.util.Optional;

/** Computes shapes of values. A size that a file leaves open is {@link #OPEN}. */
final class Sizes {
  static final long OPEN = -1;

  private Sizes() {}

  /** Returns whether two sizes may be equal. */
  static boolean agree(long a, long b) {
    return a == b || a == OPEN || b == OPEN;
  }

  /**
   * Returns the shape of an elementwise operation on two values; empty if they do not fit each
   * other.
   */
  static Optional<long[]> broadcast(long[] a, long[] b) {
    long[] shape = new long[Math.max(a.length, b.length)];
    for (int i = 1; i <= shape.length; i++) {
      long x = i <= a.length ? a[a.length - i] : 1;
      long y = i <= b.length ? b[b.length - i] : 1;
      if (x != 1 && y != 1 && !agree(x, y)) {
        return Optional.empty();
      }
      shape[shape.length - i] = x == 1 ? y : y == 1 ? x : Math.max(x, y);
    }
    return Optional.of(shape);
  }

  /** Returns the shape with another last size. */
  static long[] withLast(long[] shape, long last) {
    long[] other = shape.clone();
    other[other.length - 1] = last;
    return other;
  }

  /** Returns the shape with its axes in another order. */
  static long[] permuted(long[] shape, int... axes) {
    return Arrays.stream(axes).mapToLong(axis -> shape[axis]).toArray();
  }

  /**
   * Returns the number of outputs along an axis that a kernel moves over; 0 if the kernel does not
   * fit.
   */
  static long outputs(long inputs, long kernel, Window window) {
    if (inputs == OPEN) {
      return OPEN;
    }
    long span = window.dilation() * (kernel - 1) + 1;
    long steps = Math.floorDiv(inputs + 2L * window.padding() - span, (long) window.stride());
    return Math.max(0, steps + 1);
  }

  /**
   * Returns the shape after a Reshape; empty if the elements do not fit.
   *
   * @param sizes the new sizes; 0 keeps the size of its axis, and -1 takes what is left
   */
  static Optional<long[]> reshaped(long[] shape, long[] sizes) {
    long[] result = sizes.clone();
    int rest = -1;
    long own = 1;
    long others = 1;
    for (int axis = 0; axis < Math.max(sizes.length, shape.length); axis++) {
      long size = axis < sizes.length ? sizes[axis] : 1;
      long held = axis < shape.length ? shape[axis] : 1;
      if (size < -1 || (size == 0 && axis >= shape.length) || (size == -1 && rest >= 0)) {
        return Optional.empty();
      }
      if (size == 0) {
        result[axis] = held;
        continue;
      }
      own = product(own, held);
      others *= size > 0 ? size : 1;
      rest = size == -1 ? axis : rest;
    }
    if (own != OPEN && (rest < 0 ? others != own : own % others != 0)) {
      return Optional.empty();
    }
    if (rest >= 0) {
      result[rest] = own == OPEN ? OPEN : own / others;
    }
    return Optional.of(result);
  }

  /** Returns the number of elements; open if a size is open. */
  static long product(long... shape) {
    long product = 1;
    for (long size : shape) {
      product = size == OPEN || product == OPEN ? OPEN : product * size;
    }
    return product;
  }
}
