package dev.bitfold.quantizer;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The memory of float32 arrays whose elements lie in c order without gaps. */
final class DenseFloats {
  private DenseFloats() {}

  /**
   * Whether the array's memory holds exactly its elements in c order. ND4J's own flags are not
   * enough: a transposed array reports an element-wise stride of 1.
   */
  static boolean isDense(INDArray array) {
    if (array.dataType() != DataType.FLOAT || array.isCompressed()) {
      return false;
    }
    long expected = 1;
    for (int axis = array.rank() - 1; axis >= 0; axis--) {
      long size = array.size(axis);
      if (size != 1 && array.stride(axis) != expected) {
        return false;
      }
      expected *= size;
    }
    return true;
  }

  /** The array itself if it is dense, else a dense float32 copy. */
  static INDArray dense(INDArray array) {
    return isDense(array) ? array : array.castTo(DataType.FLOAT).dup('c');
  }

  /**
   * A dense array's memory, from its first element to its last.
   *
   * @throws IllegalArgumentException if it has more elements than a buffer can hold
   */
  static FloatBuffer buffer(INDArray dense) {
    long length = dense.length();
    if (length > Integer.MAX_VALUE / Float.BYTES) {
      throw new IllegalArgumentException(
          "a tensor of " + length + " elements: at most 2^29 - 1 are quantized at once");
    }
    DataBuffer data = dense.data();
    // data.address() and the buffer's own NIO views are those of the array it is a view of.
    long offset = dense.offset();
    FloatPointer pointer = new FloatPointer(data.pointer());
    return pointer.position(offset).limit(offset + length).asBuffer();
  }

  /** The values of an array of any type, in c order. */
  static float[] copy(INDArray array) {
    float[] values = new float[(int) array.length()];
    if (values.length > 0) {
      buffer(dense(array)).get(values);
    }
    return values;
  }

  /** A new dense float32 array of the same shape, its values not set. */
  static INDArray like(INDArray array) {
    return array.rank() == 0
        ? Nd4j.scalar(0f)
        : Nd4j.createUninitialized(DataType.FLOAT, array.shape(), 'c');
  }

  /** A new dense float32 array of these values. */
  static INDArray array(float[] values, long... shape) {
    return shape.length == 0
        ? Nd4j.scalar(values[0])
        : Nd4j.create(values, shape, Nd4j.getStrides(shape, 'c'), 'c', DataType.FLOAT);
  }
}
