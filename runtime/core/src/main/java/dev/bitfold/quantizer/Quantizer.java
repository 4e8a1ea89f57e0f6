package dev.bitfold.quantizer;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.TensorKernels;
import dev.bitfold.quantizer.scale.AxisScale;
import dev.bitfold.quantizer.scale.Fixed;
import dev.bitfold.quantizer.scale.HostTensor;
import dev.bitfold.quantizer.scale.Scaling;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Quantizes tensors as a {@link QuantDescriptor} says.
 *
 * <p>Without a fixed amax, range or scale (from the descriptor or {@code with…}) the scale is taken
 * from each tensor. Tensors are float arrays of any order and stride; they are computed on in
 * float32, and a result has the tensor's shape and type and c order. NaN stays NaN.
 *
 * <p>Immutable and safe for concurrent use. Every method that takes a tensor throws {@link
 * IllegalArgumentException}, with the descriptor and the shape in its message, if the tensor is not
 * one of floats, if the granularity or what is fixed does not fit its shape, or if it has negative
 * values and the format is unsigned; the tensor is then unchanged.
 */
public final class Quantizer {
  private final QuantDescriptor descriptor;
  private final String subject;
  private final Layout layout;
  private final QuantKernels kernels;
  private final Scaling scaling;
  private final @Nullable AxisScale preScale;

  /** For the shape of the last tensor. Immutable, so that a thread may well see an older one. */
  private @Nullable ShapedQuantizer last;

  private Quantizer(
      QuantDescriptor descriptor,
      Layout layout,
      QuantKernels kernels,
      Scaling scaling,
      @Nullable AxisScale preScale) {
    this.descriptor = descriptor;
    this.subject = descriptor + " on a tensor";
    this.layout = layout;
    this.kernels = kernels;
    this.scaling = scaling;
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
    return of(descriptor, layout, Kernels.active());
  }

  /**
   * A quantizer for tensors of a layout, on kernels of the caller's choice.
   *
   * @throws InvalidDescriptorException if the descriptor does not fit the layout
   */
  public static Quantizer of(QuantDescriptor descriptor, Layout layout, QuantKernels kernels) {
    Objects.requireNonNull(descriptor, "descriptor");
    Objects.requireNonNull(layout, "layout");
    Objects.requireNonNull(kernels, "kernels");
    var problems = descriptor.problems(Role.WEIGHT, layout);
    if (!problems.isEmpty()) {
      throw new InvalidDescriptorException(descriptor.toString(), problems);
    }
    Scaling scaling = new Scaling(descriptor, Fixed.of(descriptor));
    return new Quantizer(descriptor, layout, kernels, scaling, null);
  }

  /** What this quantizer does. */
  public QuantDescriptor descriptor() {
    return descriptor;
  }

  /** Returns the layout of the tensors. */
  public Layout layout() {
    return layout;
  }

  /** Returns the kernels that do the arithmetic. */
  public QuantKernels kernels() {
    return kernels;
  }

  /**
   * Whether the scales do not depend on the tensor; they are then the same arrays in every call.
   */
  public boolean isFixed() {
    return scaling.isReady();
  }

  /** The fixed amax in c order; empty if there is none. */
  public List<Float> fixedAmax() {
    if (!(scaling.fixed() instanceof Fixed.OfAmax amax)) {
      return List.of();
    }
    float[] values = amax.values().values();
    return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
  }

  /**
   * The same quantizer with a fixed amax. With E4M3 block scales it is that of the whole tensor,
   * from which the global scale follows, or one for each row of the first axis.
   *
   * @param amax one number for everything, or an array of the shape that {@link #amax} returns; a
   *     vector will do where one axis keeps scales
   * @throws IllegalArgumentException if a value is NaN, infinite or negative, or if the descriptor
   *     takes its scale from each tensor (dynamic) or is affine
   */
  public Quantizer withAmax(INDArray amax) {
    Objects.requireNonNull(amax, "amax");
    return with(Fixed.amax(descriptor, amax));
  }

  /**
   * Returns the same affine quantizer with a fixed range. A range that does not hold zero is
   * widened until it does: {@code low = min(min, 0)}, {@code high = max(max, 0)}. The scale is
   * {@code (high - low) / (2^bits - 1)}, and the zero point brings {@code low} to the smallest
   * integer, so that it is a code of the format; the scale of a range that is zero alone is 1.
   * Source: pytorch-quantization, fake_affine_tensor_quant, which does not widen and makes NaN of a
   * range without width.
   *
   * @param min one number, or one for each group
   * @param max as many
   * @throws IllegalArgumentException if a value is not finite, {@code min > max}, or the descriptor
   *     is not affine
   */
  public Quantizer withRange(INDArray min, INDArray max) {
    Objects.requireNonNull(min, "min");
    Objects.requireNonNull(max, "max");
    return with(Fixed.range(descriptor, min, max));
  }

  /**
   * The same affine quantizer with a fixed scale and zero point: {@code clamp(round(x * (1 /
   * scale)) + zeroPoint)} (torch, fake_quantize_per_tensor_affine and _per_channel_affine).
   *
   * @param scale one number, or one for each group; above 0
   * @param zeroPoint as many integers
   * @throws IllegalArgumentException if a value is not as stated, or the descriptor is not affine
   */
  public Quantizer withScale(INDArray scale, INDArray zeroPoint) {
    Objects.requireNonNull(scale, "scale");
    Objects.requireNonNull(zeroPoint, "zeroPoint");
    return with(Fixed.scale(descriptor, scale, zeroPoint));
  }

  private Quantizer with(Fixed fixed) {
    return new Quantizer(descriptor, layout, kernels, new Scaling(descriptor, fixed), preScale);
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
    Objects.requireNonNull(scale, "scale");
    return new Quantizer(
        descriptor, layout, kernels, scaling, AxisScale.of(descriptor, scale, axis));
  }

  /** The same quantizer on other kernels. */
  public Quantizer withKernels(QuantKernels kernels) {
    Objects.requireNonNull(kernels, "kernels");
    return new Quantizer(descriptor, layout, kernels, scaling, preScale);
  }

  /**
   * Along each axis of a tensor, how many neighbours share a scale: 1 where the axis keeps scales
   * of its own, {@link dev.bitfold.descriptor.BlockSize#WHOLE} where it shares them.
   *
   * @throws IllegalArgumentException if the descriptor or layout does not fit the rank
   */
  public int[] blocks(int rank) {
    long[] shape = new long[rank];
    Arrays.fill(shape, 2);
    return Granularity.blocks(descriptor, layout, shape);
  }

  /**
   * The shape of the scales for a tensor's shape: each axis divided by its block, 1 where it is
   * shared; empty for one scale per tensor; that of the fixed value if one serves all.
   */
  public long[] scaleShape(long... shape) {
    Objects.requireNonNull(shape, "shape");
    return of(shape).scaleShape().clone();
  }

  /** Returns which elements of a tensor of a shape share a scale. */
  public Groups groups(long... shape) {
    Objects.requireNonNull(shape, "shape");
    return of(shape).granularity();
  }

  /** The type of {@link #quantize}'s result for a tensor's type; its shape is the tensor's. */
  public DataType resultType(DataType type) {
    Objects.requireNonNull(type, "type");
    return descriptor.fakeQuant() ? type : DataType.FLOAT;
  }

  /**
   * The largest absolute value of each group that shares a scale; NaN where a group holds a NaN.
   *
   * @return float32: the tensor's shape with each axis divided by its block, 1 where it is shared;
   *     a scalar for one scale per tensor
   */
  public INDArray amax(INDArray x) {
    Objects.requireNonNull(x, "x");
    return of(x.shape()).amax(read(x));
  }

  /**
   * {@link #amax(INDArray)} of a tensor that does not lie in an array.
   *
   * @param shape the tensor's
   * @param tensor its kernels
   */
  public INDArray amax(long[] shape, TensorKernels tensor) {
    requireTensor(shape, tensor);
    return of(shape).amax(tensor);
  }

  /**
   * What quantizing costs at each of several amax: the sum over each group of {@code (quantize(x) -
   * x)^2}, in double, in an order that does not depend on the number of threads. The tensor is read
   * once for all of them.
   *
   * @param candidates as for {@link #withAmax}, of the shape that {@link #amax} has
   * @return for each candidate one sum for each group, in c order
   * @throws IllegalArgumentException if a candidate is none for the tensor, or the descriptor takes
   *     no amax for each group
   */
  public double[][] squaredErrors(INDArray x, List<INDArray> candidates) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(candidates, "candidates");
    return of(x.shape()).squaredErrors(read(x), candidates);
  }

  /**
   * The fake-quantized values, in a new array; with {@code fakeQuant = false} the codes. {@code x}
   * is not changed.
   */
  public INDArray quantize(INDArray x) {
    Objects.requireNonNull(x, "x");
    DenseFloats out = DenseFloats.uninitialized(x.shape());
    of(x.shape()).quantize(into(x, out));
    DataType type = resultType(x.dataType());
    return type == DataType.FLOAT ? out.array() : out.array().castTo(type);
  }

  /**
   * What {@link #quantize} returns, written to an array.
   *
   * @param out of the shape of {@code x}, which it may be, and of the result's type
   * @return {@code out}
   */
  public INDArray quantizeInto(INDArray x, INDArray out) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(out, "out");
    if (!Arrays.equals(x.shape(), out.shape()) || out.dataType() != resultType(x.dataType())) {
      throw of(x.shape())
          .refused(
              "the output is "
                  + out.dataType()
                  + " of shape "
                  + Arrays.toString(out.shape())
                  + ", and not "
                  + resultType(x.dataType())
                  + " of the tensor's");
    }
    DenseFloats dense = DenseFloats.of(out, subject);
    of(x.shape()).quantize(into(x, dense));
    return dense.array() == out ? out : out.assign(dense.array());
  }

  /** The codes and their scale; {@code x} is not changed. */
  public Codes codes(INDArray x) {
    Objects.requireNonNull(x, "x");
    DenseFloats out = DenseFloats.uninitialized(x.shape());
    CodeScale scale = of(x.shape()).codes(into(x, out));
    return new Codes(out.array(), scale.scale(), scale.divides(), scale.zeroPoint());
  }

  /**
   * {@link #quantize(INDArray)} of a tensor that does not lie in an array.
   *
   * @param shape the tensor's
   * @param tensor its kernels, which also know where the result goes
   */
  public void quantize(long[] shape, TensorKernels tensor) {
    requireTensor(shape, tensor);
    of(shape).quantize(tensor);
  }

  /**
   * {@link #codes(INDArray)} of a tensor that does not lie in an array.
   *
   * @param shape the tensor's
   * @param tensor its kernels, which also know where the codes go
   * @return what the codes stand for
   */
  public CodeScale codes(long[] shape, TensorKernels tensor) {
    requireTensor(shape, tensor);
    return of(shape).codes(tensor);
  }

  /**
   * The tensor in the bits of its format; {@code x} is not changed.
   *
   * @throws IllegalArgumentException also if a value is NaN that the format cannot hold
   */
  public PackedTensor pack(INDArray x) {
    Objects.requireNonNull(x, "x");
    DenseFloats out = DenseFloats.uninitialized(x.shape());
    return of(x.shape()).pack(into(x, out), out, layout);
  }

  private HostTensor read(INDArray x) {
    return new HostTensor(kernels, DenseFloats.of(x, subject));
  }

  private HostTensor into(INDArray x, DenseFloats out) {
    return new HostTensor(kernels, DenseFloats.of(x, subject), out);
  }

  private static void requireTensor(long[] shape, TensorKernels tensor) {
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(tensor, "tensor");
  }

  private ShapedQuantizer of(long[] shape) {
    ShapedQuantizer shaped = last;
    if (shaped == null || !shaped.isOf(shape)) {
      shaped = new ShapedQuantizer(descriptor, layout, scaling, preScale, shape);
      last = shaped;
    }
    return shaped;
  }
}
