package dev.bitfold.layers;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Checks of shapes, whose messages name the layer, what it expects and what it got. */
final class Shapes {
  private Shapes() {}

  /** Requires a vector of so many elements. */
  static void vector(String layer, String tensor, @Nullable INDArray x, long length) {
    if (x != null && (x.rank() != 1 || x.length() != length)) {
      throw wrong(layer, "a " + tensor + " of shape [" + length + "]", x);
    }
  }

  /** Requires a rank. */
  static void rank(String layer, String tensor, INDArray x, int rank, String axes) {
    if (x.rank() != rank) {
      throw wrong(layer, "a " + tensor + " of shape " + axes, x);
    }
  }

  /** Requires the size of an axis, negative from the end, and at least that rank. */
  static void size(String layer, INDArray x, int axis, long size, String axes) {
    int rank = x.rank();
    if ((axis < 0 ? rank < -axis : rank <= axis) || x.size(axis) != size) {
      throw wrong(layer, "an input of shape " + axes, x);
    }
  }

  /** Requires the gradient by the output to have the output's shape. */
  static void gradient(String layer, INDArray gradOutput, long... shape) {
    if (!Arrays.equals(gradOutput.shape(), shape)) {
      throw wrong(layer, "a gradOutput of shape " + Arrays.toString(shape), gradOutput);
    }
  }

  /** Requires an epsilon that keeps a root real. */
  static void epsilon(String layer, double epsilon) {
    if (!(epsilon >= 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException(
          layer + " with epsilon = " + epsilon + ": it is finite and not negative");
    }
  }

  /** The exception for a tensor of another shape than expected. */
  static IllegalArgumentException wrong(String layer, String expected, INDArray x) {
    return new IllegalArgumentException(
        layer + " expects " + expected + ", not " + Arrays.toString(x.shape()));
  }

  /** The shape with another last axis. */
  static long[] withLast(INDArray x, long size) {
    long[] shape = x.shape().clone();
    shape[shape.length - 1] = size;
    return shape;
  }
}
