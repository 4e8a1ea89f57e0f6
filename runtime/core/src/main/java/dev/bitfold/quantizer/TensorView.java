package dev.bitfold.quantizer;

import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A tensor as the kernels see it, for one call. */
final class TensorView {
  private final QuantDescriptor descriptor;
  private final INDArray array;
  private final INDArray dense;
  private final Source source;

  /**
   * @throws IllegalArgumentException if it is not a tensor of floats, or the pre-scale does not fit
   */
  TensorView(QuantDescriptor descriptor, @Nullable AxisScale preScale, INDArray array) {
    this.descriptor = descriptor;
    this.array = array;
    if (!array.dataType().isFPType()) {
      throw refused("only tensors of floats are quantized");
    }
    this.dense = DenseFloats.dense(array);
    this.source =
        new Source(
            array.length() == 0 ? FloatBuffer.allocate(0) : DenseFloats.buffer(dense),
            preScale == null
                ? null
                : new PreScale(preScale.groups(descriptor, array.shape()), preScale.factors()));
  }

  INDArray array() {
    return array;
  }

  long[] shape() {
    return array.shape();
  }

  boolean isEmpty() {
    return array.length() == 0;
  }

  Source source() {
    return source;
  }

  /** The scaled values, as the format must take them: none negative if it is unsigned. */
  void refuseNegative(QuantKernels kernels) {
    float[] min = new float[1];
    kernels.range(source, Groups.perTensor(shape()), min, new float[1]);
    if (min[0] < 0) {
      throw refused("the format is unsigned and a value is " + min[0]);
    }
  }

  /** An exception that names the descriptor and the tensor. */
  IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(
        descriptor
            + " on a "
            + array.dataType()
            + " tensor of shape "
            + Arrays.toString(array.shape())
            + ": "
            + why);
  }
}
