package dev.bitfold.quantizer;

import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Source;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A tensor as the kernels see it, for one call. */
final class TensorView {
  private final QuantDescriptor descriptor;
  private final INDArray array;
  private final DenseFloats dense;
  private final @Nullable PreScale preScale;

  /**
   * @throws IllegalArgumentException if it is not a tensor of floats, or the pre-scale does not fit
   */
  TensorView(
      QuantDescriptor descriptor, String subject, @Nullable AxisScale preScale, INDArray array) {
    this.descriptor = descriptor;
    this.array = array;
    this.dense = DenseFloats.of(array, subject);
    this.preScale =
        preScale == null
            ? null
            : new PreScale(preScale.groups(descriptor, array.shape()), preScale.factors());
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

  /** Hands a kernel the values to read. */
  void read(Consumer<Source> kernel) {
    dense.use(values -> kernel.accept(new Source(values, preScale)));
  }

  /** The scaled values, as the format must take them: none negative if it is unsigned. */
  void refuseNegative(QuantKernels kernels) {
    float[] min = new float[1];
    read(x -> kernels.range(x, Groups.perTensor(shape()), min, new float[1]));
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
