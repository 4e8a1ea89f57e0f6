package dev.bitfold.tensor;

import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Holds a tensor's values as float32 in c order without gaps. It uses the tensor's own memory if
 * the values lie there in this form, and otherwise a copy. Reading is safe for concurrent use.
 */
public final class DenseFloats {
  /** The largest number of values, because a buffer counts bytes with an int. */
  private static final long MAX_LENGTH = Integer.MAX_VALUE / Float.BYTES;

  private static final String AT_MOST = "at most 2^29 - 1 values are taken at once";

  private final INDArray array;

  private DenseFloats(INDArray array) {
    this.array = array;
  }

  /**
   * Returns the values of a tensor of any order, strides and float type.
   *
   * @param what the name of the tensor in messages
   * @throws IllegalArgumentException if the tensor holds integers or more than 2^29 - 1 values, or
   *     if it is empty but has the shape of a scalar, as the result of {@code Nd4j.empty} does
   */
  public static DenseFloats of(INDArray x, String what) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(what, "what");
    if (x.wasClosed()) {
      throw refused(x, what, "it was closed");
    }
    if (!x.dataType().isFPType()) {
      throw refused(x, what, "only floats will do");
    }
    if (x.isEmpty() && x.rank() == 0) {
      throw refused(x, what, "it is empty");
    }
    if (x.length() > MAX_LENGTH) {
      throw refused(x, what, AT_MOST);
    }
    return new DenseFloats(isDense(x) ? x : x.castTo(DataType.FLOAT).dup('c'));
  }

  /**
   * Returns a new tensor of a shape. Its values are not set, and are written through {@link #use}.
   *
   * @throws IllegalArgumentException if the shape has more than 2^29 - 1 values
   */
  public static DenseFloats uninitialized(long... shape) {
    Objects.requireNonNull(shape, "shape");
    if (Arrays.stream(shape).reduce(1, (a, b) -> a * b) > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "a tensor of shape " + Arrays.toString(shape) + ": " + AT_MOST);
    }
    return new DenseFloats(
        shape.length == 0 ? Nd4j.scalar(0f) : Nd4j.createUninitialized(DataType.FLOAT, shape, 'c'));
  }

  /** Returns a new float32 tensor. */
  public static INDArray array(float[] values, long... shape) {
    Objects.requireNonNull(values, "values");
    Objects.requireNonNull(shape, "shape");
    if (shape.length == 0) {
      return Nd4j.scalar(values[0]);
    }
    return values.length == 0
        ? Nd4j.create(DataType.FLOAT, shape)
        : Nd4j.create(values, shape, 'c');
  }

  private static IllegalArgumentException refused(INDArray x, String what, String why) {
    return new IllegalArgumentException(
        what + " of " + x.dataType() + " and shape " + Arrays.toString(x.shape()) + ": " + why);
  }

  /** Returns whether a tensor is float32 in c order without gaps. */
  public static boolean isDense(INDArray x) {
    // A transposed array reports an element-wise stride of 1, so that ND4J's flags will not do.
    if (x.dataType() != DataType.FLOAT) {
      return false;
    }
    long expected = 1;
    for (int axis = x.rank() - 1; axis >= 0; axis--) {
      if (x.size(axis) != 1 && x.stride(axis) != expected) {
        return false;
      }
      expected *= x.size(axis);
    }
    return true;
  }

  /** Returns the dense tensor. */
  public INDArray array() {
    return array;
  }

  /** Returns the number of values. */
  public int length() {
    return (int) array.length();
  }

  /**
   * Passes the memory to a function: {@link #length} values from index 0.
   *
   * @param use a function that must not keep the buffer
   */
  public void use(Consumer<FloatBuffer> use) {
    Objects.requireNonNull(use, "use");
    try {
      use.accept(buffer());
    } finally {
      // A buffer does not keep the array alive whose memory it is.
      Reference.reachabilityFence(array);
    }
  }

  /** Returns a copy of the values. */
  public float[] copy() {
    float[] values = new float[length()];
    use(buffer -> buffer.get(values));
    return values;
  }

  private FloatBuffer buffer() {
    if (array.isEmpty()) {
      return FloatBuffer.allocate(0);
    }
    FloatPointer pointer = new FloatPointer(array.data().pointer());
    return pointer.position(array.offset()).limit(array.offset() + array.length()).asBuffer();
  }
}
