package dev.bitfold.layers;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Checks shapes. The messages name the layer, what it expects and what it got. */
final class Shapes {
  private Shapes() {}

  /** Requires a vector of the given length. */
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

  /** Requires the length of an axis, which counts from the end if it is negative. */
  static void size(String layer, INDArray x, int axis, long size, String axes) {
    int rank = x.rank();
    if ((axis < 0 ? rank < -axis : rank <= axis) || x.size(axis) != size) {
      throw wrong(layer, "an input of shape " + axes, x);
    }
  }

  /** Requires the gradient with respect to the output to have the output's shape. */
  static void gradient(String layer, INDArray gradOutput, long... shape) {
    if (!Arrays.equals(gradOutput.shape(), shape)) {
      throw wrong(layer, "a gradOutput of shape " + Arrays.toString(shape), gradOutput);
    }
  }

  /** Requires an epsilon with which the root is real. */
  static void epsilon(String layer, double epsilon) {
    if (!(epsilon >= 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException(
          layer + " with epsilon = " + epsilon + ": it is finite and not negative");
    }
  }

  /** Returns the exception for a tensor of another shape than expected. */
  static IllegalArgumentException wrong(String layer, String expected, INDArray x) {
    return new IllegalArgumentException(
        layer + " expects " + expected + ", not " + Arrays.toString(x.shape()));
  }

  /** Returns the shape with another last axis. */
  static long[] withLast(INDArray x, long size) {
    long[] shape = x.shape().clone();
    shape[shape.length - 1] = size;
    return shape;
  }
}
