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
 * Quantizes tensors as a {@link QuantDescriptor} describes.
 *
 * <p>Without a fixed amax, range or scale (from the descriptor or {@code with…}), the scale is
 * computed from each tensor. Tensors are float arrays of any order and stride. The arithmetic is in
 * float32. A result has the tensor's shape and type, and c order. NaN stays NaN.
 *
 * <p>Immutable and safe for concurrent use. Every method that takes a tensor throws {@link
 * IllegalArgumentException} if the tensor does not hold floats, if the granularity or a fixed value
 * does not fit its shape, or if it has negative values and the format is unsigned. The message has
 * the descriptor and the shape, and the tensor is unchanged.
 */
public final class Quantizer {
  private final QuantDescriptor descriptor;
  private final String subject;
  private final Layout layout;
  private final QuantKernels kernels;
  private final Scaling scaling;
  private final @Nullable AxisScale preQuantScale;

  /**
   * The quantizer for the last tensor's shape. It is immutable, so a thread may see an older one.
   */
  private @Nullable ShapedQuantizer last;

  private Quantizer(
      QuantDescriptor descriptor,
      Layout layout,
      QuantKernels kernels,
      Scaling scaling,
      @Nullable AxisScale preQuantScale) {
    this.descriptor = descriptor;
    this.subject = descriptor + " on a tensor";
    this.layout = layout;
    this.kernels = kernels;
    this.scaling = scaling;
    this.preQuantScale = preQuantScale;
  }

  /**
   * Returns a quantizer for tensors without a layout.
   *
   * @throws InvalidDescriptorException if the descriptor names axes by letter
   */
  public static Quantizer of(QuantDescriptor descriptor) {
    return of(descriptor, Layout.UNKNOWN);
  }

  /**
   * Returns a quantizer for tensors of a layout.
   *
   * @throws InvalidDescriptorException if the descriptor does not fit the layout
   */
  public static Quantizer of(QuantDescriptor descriptor, Layout layout) {
    return of(descriptor, layout, Kernels.active());
  }

  /**
   * Returns a quantizer for tensors of a layout, on the given kernels.
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

  /** Returns the descriptor of this quantizer. */
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
   * Returns whether the scales do not depend on the tensor. If so, they are the same arrays in
   * every call.
   */
  public boolean isFixed() {
    return scaling.isReady();
  }

  /** Returns the fixed amax in c order; empty if there is none. */
  public List<Float> fixedAmax() {
    if (!(scaling.fixed() instanceof Fixed.OfAmax amax)) {
      return List.of();
    }
    float[] values = amax.values().values();
    return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
  }

  /**
   * Returns this quantizer with a fixed amax. With E4M3 block scales, it is the amax of the whole
   * tensor, from which the global scale follows, or one for each row of the first axis.
   *
   * @param amax one number, or an array of the shape that {@link #amax} returns; if one axis keeps
   *     scales, it may be a vector
   * @throws IllegalArgumentException if a value is NaN, infinite or negative, or if the descriptor
   *     takes its scale from each tensor (dynamic) or is affine
   */
  public Quantizer withAmax(INDArray amax) {
    Objects.requireNonNull(amax, "amax");
    return with(Fixed.amax(descriptor, amax));
  }

  /**
   * Returns this affine quantizer with a fixed range. A range that does not hold zero is widened to
   * hold it: {@code low = min(min, 0)}, {@code high = max(max, 0)}. The scale is {@code (high -
   * low) / (2^bits - 1)}, or 1 if the range is only zero. The zero point is a code of the format,
   * with which {@code low} becomes the smallest integer. Source: pytorch-quantization,
   * fake_affine_tensor_quant, which does not widen ranges, and gives NaN for a range without width.
   *
   * @param min one number, or one for each group
   * @param max as many numbers as {@code min}
   * @throws IllegalArgumentException if a value is not finite, {@code min > max}, or the descriptor
   *     is not affine
   */
  public Quantizer withRange(INDArray min, INDArray max) {
    Objects.requireNonNull(min, "min");
    Objects.requireNonNull(max, "max");
    return with(Fixed.range(descriptor, min, max));
  }

  /**
   * Returns this affine quantizer with a fixed scale and zero point: {@code clamp(round(x * (1 /
   * scale)) + zeroPoint)} (torch, fake_quantize_per_tensor_affine and _per_channel_affine).
   *
   * @param scale one number, or one for each group; above 0
   * @param zeroPoint as many integers as {@code scale} has numbers
   * @throws IllegalArgumentException if a value is not as stated, or the descriptor is not affine
   */
  public Quantizer withScale(INDArray scale, INDArray zeroPoint) {
    Objects.requireNonNull(scale, "scale");
    Objects.requireNonNull(zeroPoint, "zeroPoint");
    return with(Fixed.scale(descriptor, scale, zeroPoint));
  }

  private Quantizer with(Fixed fixed) {
    return new Quantizer(
        descriptor, layout, kernels, new Scaling(descriptor, fixed), preQuantScale);
  }

  /**
   * Returns this quantizer with SmoothQuant's pre-quant scale, by which tensors are multiplied in
   * the same pass. An amax is that of the scaled tensor.
   *
   * @param scale one finite factor for each index of the axis
   * @param axis the axis, negative from the end
   * @throws IllegalArgumentException if a factor is NaN or infinite
   */
  public Quantizer withPreQuantScale(INDArray scale, int axis) {
    Objects.requireNonNull(scale, "scale");
    return new Quantizer(
        descriptor, layout, kernels, scaling, AxisScale.of(descriptor, scale, axis));
  }

  /** Returns this quantizer on other kernels. */
  public Quantizer withKernels(QuantKernels kernels) {
    Objects.requireNonNull(kernels, "kernels");
    return new Quantizer(descriptor, layout, kernels, scaling, preQuantScale);
  }

  /**
   * Returns how many adjacent elements share a scale along each axis of a tensor: 1 if the axis
   * keeps scales of its own, {@link dev.bitfold.descriptor.BlockSize#WHOLE} if it shares them.
   *
   * @throws IllegalArgumentException if the descriptor or layout does not fit the rank
   */
  public int[] blocks(int rank) {
    long[] shape = new long[rank];
    Arrays.fill(shape, 2);
    return Granularity.blocks(descriptor, layout, shape);
  }

  /**
   * Returns the shape of the scales for a tensor's shape: each axis divided by its block, and 1 for
   * an axis that is shared. It is empty for one scale per tensor. If one fixed value serves all
   * groups, it is the shape of that value.
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

  /** Returns the type of {@link #quantize}'s result for a tensor's type. */
  public DataType resultType(DataType type) {
    Objects.requireNonNull(type, "type");
    return descriptor.fakeQuant() ? type : DataType.FLOAT;
  }

  /**
   * Returns the largest absolute value of each group; NaN for a group that holds a NaN.
   *
   * @return float32 in the tensor's shape with each axis divided by its block, and 1 for an axis
   *     that is shared; a scalar for one scale per tensor
   */
  public INDArray amax(INDArray x) {
    Objects.requireNonNull(x, "x");
    return of(x.shape()).amax(read(x));
  }

  /**
   * Returns {@link #amax(INDArray)} of a tensor that is not in an array.
   *
   * @param shape the tensor's shape
   * @param tensor the tensor's kernels
   */
  public INDArray amax(long[] shape, TensorKernels tensor) {
    requireTensor(shape, tensor);
    return of(shape).amax(tensor);
  }

  /**
   * Returns the squared error of quantizing under each of several amax: the sum over each group of
   * {@code (quantize(x) - x)^2}, in double. The order of the sum does not depend on the number of
   * threads. The tensor is read once for all candidates.
   *
   * @param candidates amaxes as for {@link #withAmax}, in the shape of {@link #amax}
   * @return for each candidate, one sum for each group in c order
   * @throws IllegalArgumentException if a candidate does not fit the tensor, or if the descriptor
   *     does not take an amax for each group
   */
  public double[][] squaredErrors(INDArray x, List<INDArray> candidates) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(candidates, "candidates");
    return of(x.shape()).squaredErrors(read(x), candidates);
  }

  /**
   * Returns the fake-quantized values in a new array, or the codes with {@code fakeQuant = false}.
   * {@code x} is not changed.
   */
  public INDArray quantize(INDArray x) {
    Objects.requireNonNull(x, "x");
    DenseFloats out = DenseFloats.uninitialized(x.shape());
    of(x.shape()).quantize(into(x, out));
    DataType type = resultType(x.dataType());
    return type == DataType.FLOAT ? out.array() : out.array().castTo(type);
  }

  /**
   * Writes the result of {@link #quantize} to an array.
   *
   * @param out an array of the shape of {@code x} and of the result's type; it may be {@code x}
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

  /** Returns the codes and their scale; {@code x} is not changed. */
  public Codes codes(INDArray x) {
    Objects.requireNonNull(x, "x");
    DenseFloats out = DenseFloats.uninitialized(x.shape());
    CodeScale scale = of(x.shape()).codes(into(x, out));
    return new Codes(out.array(), scale.scale(), scale.divides(), scale.zeroPoint());
  }

  /**
   * Quantizes a tensor that is not in an array, as {@link #quantize(INDArray)} does.
   *
   * @param shape the tensor's shape
   * @param tensor the tensor's kernels, which also know where to write the result
   */
  public void quantize(long[] shape, TensorKernels tensor) {
    requireTensor(shape, tensor);
    of(shape).quantize(tensor);
  }

  /**
   * Computes the codes of a tensor that is not in an array, as {@link #codes(INDArray)} does.
   *
   * @param shape the tensor's shape
   * @param tensor the tensor's kernels, which also know where to write the codes
   * @return the scale of the codes
   */
  public CodeScale codes(long[] shape, TensorKernels tensor) {
    requireTensor(shape, tensor);
    return of(shape).codes(tensor);
  }

  /**
   * Returns the tensor in the bits of its format; {@code x} is not changed.
   *
   * @throws IllegalArgumentException also if a value is NaN and the format has no code for it
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
      shaped = new ShapedQuantizer(descriptor, layout, scaling, preQuantScale, shape);
      last = shaped;
    }
    return shaped;
  }
}
