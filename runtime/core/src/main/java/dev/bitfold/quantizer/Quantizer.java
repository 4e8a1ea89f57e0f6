package dev.bitfold.quantizer;

import dev.bitfold.annotations.InvalidDescriptorException;
import dev.bitfold.annotations.Layout;
import dev.bitfold.annotations.NumberFormat.IntFormat;
import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.annotations.Role;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Quantizes tensors as a {@link QuantDescriptor} says.
 *
 * <p>Without a fixed amax (from the descriptor or {@link #withAmax}) the scale is taken from each
 * tensor. Tensors are float arrays of any order and stride; they are computed on in float32, and a
 * result has the tensor's shape and type and c order. NaN stays NaN.
 *
 * <p>Immutable and safe for concurrent use. Every method that takes a tensor throws {@link
 * IllegalArgumentException}, with the descriptor and the shape in its message, if the tensor is not
 * one of floats, if the granularity or the amax does not fit its shape, or if it has negative
 * values and the format is unsigned; the tensor is then unchanged.
 */
public final class Quantizer {
  private final QuantDescriptor descriptor;
  private final Layout layout;
  private final QuantKernels kernels;
  private final @Nullable Amax amax;
  private final @Nullable AxisScale preScale;

  private Quantizer(
      QuantDescriptor descriptor,
      Layout layout,
      QuantKernels kernels,
      @Nullable Amax amax,
      @Nullable AxisScale preScale) {
    this.descriptor = descriptor;
    this.layout = layout;
    this.kernels = kernels;
    this.amax = amax;
    this.preScale = preScale;
  }

  /**
   * A quantizer for tensors without a layout.
   *
   * @throws InvalidDescriptorException if the descriptor names axes by letter
   */
  public static Quantizer of(QuantDescriptor descriptor) {
    return of(descriptor, Layout.UNKNOWN);
  }

  /**
   * A quantizer for tensors of a layout.
   *
   * @throws InvalidDescriptorException if the descriptor does not fit the layout
   */
  public static Quantizer of(QuantDescriptor descriptor, Layout layout) {
    var problems = descriptor.problems(Role.WEIGHT, layout);
    if (!problems.isEmpty()) {
      throw new InvalidDescriptorException(descriptor.toString(), problems);
    }
    return new Quantizer(descriptor, layout, Kernels.active(), Amax.of(descriptor), null);
  }

  /** What this quantizer does. */
  public QuantDescriptor descriptor() {
    return descriptor;
  }

  /** The fixed amax in c order; empty if the scale is taken from each tensor. */
  public List<Float> fixedAmax() {
    if (amax == null) {
      return List.of();
    }
    Float[] values = new Float[amax.values().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = amax.values()[i];
    }
    return List.of(values);
  }

  /**
   * The same quantizer with a fixed amax.
   *
   * @param amax one number for everything, or an array of the shape that {@link #amax} returns; a
   *     vector will do where one axis keeps scales
   * @throws IllegalArgumentException if a value is NaN, infinite or negative
   */
  public Quantizer withAmax(INDArray amax) {
    return new Quantizer(descriptor, layout, kernels, Amax.of(descriptor, amax), preScale);
  }

  /**
   * The same quantizer for tensors that are multiplied by a scale first, in the same pass: the
   * pre-quantization scale of SmoothQuant. An amax is that of the scaled tensor.
   *
   * @param scale one finite factor for each index of the axis
   * @param axis negative from the end
   * @throws IllegalArgumentException if a factor is NaN or infinite
   */
  public Quantizer withPreScale(INDArray scale, int axis) {
    return new Quantizer(descriptor, layout, kernels, amax, AxisScale.of(descriptor, scale, axis));
  }

  /** The same quantizer on other kernels. */
  public Quantizer withKernels(QuantKernels kernels) {
    return new Quantizer(descriptor, layout, kernels, amax, preScale);
  }

  /**
   * The largest absolute value of each group that shares a scale; NaN where a group holds a NaN.
   *
   * @return float32: the tensor's shape with each axis divided by its block (1 where it is shared);
   *     a scalar for one scale per tensor
   */
  public INDArray amax(INDArray x) {
    Tensor tensor = new Tensor(x);
    return DenseFloats.array(
        amaxOf(tensor), descriptor.perTensor() ? new long[0] : tensor.groups.shape());
  }

  /** The fake-quantized values, in a new array; {@code x} is not changed. */
  public INDArray quantize(INDArray x) {
    Tensor tensor = new Tensor(x);
    INDArray out = DenseFloats.like(x);
    run(tensor, out);
    return x.dataType() == DataType.FLOAT ? out : out.castTo(x.dataType());
  }

  /**
   * The fake-quantized values, written to an array.
   *
   * @param out of the shape and type of {@code x}, which it may be
   * @return {@code out}
   */
  public INDArray quantizeInto(INDArray x, INDArray out) {
    if (!Arrays.equals(x.shape(), out.shape()) || x.dataType() != out.dataType()) {
      throw bad(x, "the output is " + out.dataType() + " of shape " + Arrays.toString(out.shape()));
    }
    if (DenseFloats.isDense(out)) {
      run(new Tensor(x), out);
      return out;
    }
    return out.assign(quantize(x));
  }

  private void run(Tensor tensor, INDArray out) {
    if (tensor.groups.elements() == 0) {
      return;
    }
    if (descriptor.unsigned()) {
      refuseNegative(tensor);
    }
    IntFormat format = (IntFormat) descriptor.format();
    float[] values = amax == null ? amaxOf(tensor) : fixed(tensor);
    Scales scales = SymmetricScales.integers(format, values);
    kernels.fakeQuantize(
        tensor.source,
        values.length == 1 ? Groups.perTensor(tensor.x.shape()) : tensor.groups,
        new Grid.Integers(format.min(), format.max()),
        scales,
        DenseFloats.buffer(out));
  }

  private float[] fixed(Tensor tensor) {
    Amax given = amax;
    if (given == null) {
      throw new IllegalStateException("no amax");
    }
    if (!given.single() && !given.fits(tensor.groups.shape())) {
      throw bad(
          tensor.x,
          "amax of shape "
              + Arrays.toString(given.shape())
              + " where "
              + Arrays.toString(tensor.groups.shape())
              + " is needed");
    }
    return given.values();
  }

  private float[] amaxOf(Tensor tensor) {
    if (tensor.groups.elements() == 0) {
      throw bad(tensor.x, "an empty tensor has no amax");
    }
    float[] values = new float[tensor.groups.count()];
    kernels.amax(tensor.source, tensor.groups, values);
    return values;
  }

  private void refuseNegative(Tensor tensor) {
    float[] min = new float[1];
    kernels.range(tensor.source, Groups.perTensor(tensor.x.shape()), min, new float[1]);
    if (min[0] < 0) {
      throw bad(tensor.x, "the format is unsigned and a value is " + min[0]);
    }
  }

  private IllegalArgumentException bad(INDArray x, String what) {
    return new IllegalArgumentException(
        descriptor
            + " on a "
            + x.dataType()
            + " tensor of shape "
            + Arrays.toString(x.shape())
            + ": "
            + what);
  }

  /** A tensor as the kernels see it. */
  private final class Tensor {
    final INDArray x;
    final Groups groups;
    final Source source;

    Tensor(INDArray x) {
      if (!x.dataType().isFPType()) {
        throw bad(x, "only tensors of floats are quantized");
      }
      this.x = x;
      this.groups = Groups.of(x.shape(), Granularity.blocks(descriptor, layout, x.shape()));
      AxisScale pre = preScale;
      this.source =
          new Source(
              DenseFloats.buffer(DenseFloats.dense(x)),
              pre == null ? null : new PreScale(pre.groups(descriptor, x.shape()), pre.factors()));
    }
  }
}
