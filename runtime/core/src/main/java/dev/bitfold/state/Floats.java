package dev.bitfold.state;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;

/** The values of a tensor on the heap, copied in bulk. */
public final class Floats {
  private Floats() {}

  /**
   * The values in 'c' order, whatever the tensor's strides.
   *
   * @throws IllegalArgumentException if the tensor is not of type FLOAT
   */
  public static float[] of(INDArray x) {
    if (x.dataType() != DataType.FLOAT) {
      throw new IllegalArgumentException("a tensor of type " + x.dataType() + " holds no floats");
    }
    float[] values = new float[Math.toIntExact(x.length())];
    if (values.length > 0) {
      boolean dense = x.ordering() == 'c' && Shape.strideDescendingCAscendingF(x) && !x.isView();
      INDArray copy = dense ? x : x.dup('c');
      new FloatPointer(copy.data().pointer()).position(copy.offset()).get(values);
    }
    return values;
  }
}
