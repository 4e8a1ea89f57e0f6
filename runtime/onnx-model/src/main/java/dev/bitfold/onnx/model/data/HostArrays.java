package dev.bitfold.onnx.model.data;

import java.lang.ref.Reference;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Makes arrays of any type from bytes, bit for bit. */
final class HostArrays {
  private HostArrays() {}

  /**
   * Returns a new array.
   *
   * @param bytes the values in c order and in the byte order of this machine
   */
  static INDArray of(DataType type, long[] shape, byte[] bytes) {
    if (Arrays.stream(shape).anyMatch(size -> size == 0)) {
      return Nd4j.create(type, shape);
    }
    INDArray array =
        shape.length == 0 ? Nd4j.scalar(type, 0) : Nd4j.createUninitialized(type, shape, 'c');
    try {
      new BytePointer(array.data().pointer()).limit(bytes.length).asBuffer().put(bytes);
    } finally {
      // A buffer does not keep the array alive whose memory it is.
      Reference.reachabilityFence(array);
    }
    return array;
  }

  /** Returns the number of elements, or -1 if they are more than a long counts. */
  static long length(long[] shape) {
    long length = 1;
    for (long size : shape) {
      if (size != 0 && length > Long.MAX_VALUE / size) {
        return -1;
      }
      length *= size;
    }
    return length;
  }
}
