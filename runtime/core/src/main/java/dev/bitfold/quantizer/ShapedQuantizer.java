package dev.bitfold.quantizer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.TensorKernels;
import dev.bitfold.quantizer.scale.AxisScale;
import dev.bitfold.quantizer.scale.Fixed;
import dev.bitfold.quantizer.scale.Misfit;
import dev.bitfold.quantizer.scale.OwnScales;
import dev.bitfold.quantizer.scale.ScaleSet;
import dev.bitfold.quantizer.scale.Scaling;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Quantizes tensors of one shape. It finds once which elements share a scale, and which factor of
 * the pre-quant scale each element takes. Immutable.
 */
final class ShapedQuantizer {
  private final QuantDescriptor descriptor;
  private final Scaling scaling;
  private final Grid grid;
  private final long[] shape;
  private final boolean empty;
  private final Groups granularity;
  private final Groups groups;
  private final @Nullable PreQuantScale preQuantScale;

  /**
   * Finds the groups.
   *
   * @throws IllegalArgumentException if the granularity or the pre-quant scale does not fit the
   *     shape
   */
  ShapedQuantizer(
      QuantDescriptor descriptor,
      Layout layout,
      Scaling scaling,
      @Nullable AxisScale preQuantScale,
      long[] shape) {
    this.descriptor = descriptor;
    this.scaling = scaling;
    this.grid = Scaling.grid(descriptor);
    this.shape = shape.clone();
    this.empty = Arrays.stream(shape).anyMatch(size -> size == 0);
    this.preQuantScale =
        preQuantScale == null
            ? null
            : new PreQuantScale(preQuantScale.groups(descriptor, shape), preQuantScale.factors());
    this.granularity = Groups.of(this.shape, Granularity.blocks(descriptor, layout, shape));
    this.groups = scaling.groups(granularity, this.shape);
  }

  boolean isOf(long[] other) {
    return Arrays.equals(shape, other);
  }

  /** Returns the groups of the granularity, even if one fixed value serves all of them. */
  Groups granularity() {
    return granularity;
  }

  /**
   * Returns the shape of the scales. A single scale is a scalar or has the shape that it was given.
   */
  long[] scaleShape() {
    return scaling.single() ? scaling.singleShape() : amaxShape();
  }

  private long[] amaxShape() {
    return descriptor.perTensor() ? new long[0] : granularity.shape();
  }

  IllegalArgumentException refused(String why) {
    return Misfit.of(descriptor, shape, why);
  }

  INDArray amax(TensorKernels tensor) {
    if (empty) {
      throw refused("an empty tensor has no amax");
    }
    float[] amax = new float[granularity.count()];
    scaled(tensor).amax(granularity, amax);
    return DenseFloats.array(amax, amaxShape());
  }

  double[][] squaredErrors(TensorKernels unscaled, List<INDArray> candidates) {
    requireElements();
    TensorKernels tensor = scaled(unscaled);
    Scales[] scales = new Scales[candidates.size()];
    for (int c = 0; c < scales.length; c++) {
      INDArray amax = candidates.get(c);
      if (Scaling.globalScale(descriptor) || !Arrays.equals(amax.shape(), amaxShape())) {
        throw refused(
            "an amax of shape "
                + Arrays.toString(amax.shape())
                + " is not one for each of the "
                + granularity.count()
                + " groups");
      }
      Scaling candidate = new Scaling(descriptor, Fixed.amax(descriptor, amax));
      scales[c] = candidate.of(tensor, shape, granularity).scales();
    }
    double[][] errors = new double[scales.length][granularity.count()];
    tensor.squaredErrors(granularity, grid, scales, errors);
    return errors;
  }

  void quantize(TensorKernels unscaled) {
    if (empty) {
      return;
    }
    TensorKernels tensor = checked(unscaled);
    OwnScales own = scaling.own(tensor, shape);
    if (own != null) {
      tensor.quantizeByAmax(groups, grid, own, descriptor.fakeQuant());
    } else if (descriptor.fakeQuant()) {
      tensor.fakeQuantize(groups, grid, scaling.of(tensor, shape, groups).scales());
    } else {
      tensor.codes(groups, grid, scaling.of(tensor, shape, groups).scales());
    }
  }

  CodeScale codes(TensorKernels tensor) {
    Scales scales = numbers(tensor).scales();
    return new CodeScale(
        DenseFloats.array(scales.backward(), scaleShape()),
        scales.dividesBack(),
        scales.affine()
            ? Optional.of(DenseFloats.array(scales.zeroPoint(), scaleShape()))
            : Optional.empty());
  }

  /**
   * Packs a tensor.
   *
   * @param out the memory to which the tensor's kernels write
   */
  PackedTensor pack(TensorKernels tensor, DenseFloats out, Layout layout) {
    ScaleSet scales = numbers(tensor);
    return PackedTensor.of(descriptor, layout, shape, groups, scales, out.copy());
  }

  /** Writes the grid's numbers. */
  private ScaleSet numbers(TensorKernels unscaled) {
    TensorKernels tensor = checked(unscaled);
    ScaleSet scales = scaling.of(tensor, shape, groups);
    tensor.codes(groups, grid, scales.scales());
    return scales;
  }

  private void requireElements() {
    if (empty) {
      throw refused("the tensor is empty");
    }
  }

  private TensorKernels scaled(TensorKernels tensor) {
    return preQuantScale == null ? tensor : tensor.times(preQuantScale);
  }

  /**
   * Returns the tensor with the pre-quant scale, and refuses values that the format cannot take.
   */
  private TensorKernels checked(TensorKernels unscaled) {
    requireElements();
    TensorKernels tensor = scaled(unscaled);
    if (descriptor.unsigned() && !descriptor.affine()) {
      float[] min = new float[1];
      tensor.range(Groups.perTensor(shape), min, new float[1]);
      if (min[0] < 0) {
        throw refused("the format is unsigned and a value is " + min[0]);
      }
    }
    return tensor;
  }
}
