package dev.bitfold.parity;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import dev.bitfold.tensor.DenseFloats;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The absmax quantization of SmoothQuant's reference code (mit-han-lab/smoothquant, fake_quant.py)
 * and of the W8A8 notebooks after it: the scale comes from the tensor, elements are divided by it
 * and codes multiplied.
 *
 * <p>Symmetric: {@code scale = max(absmax, 1e-5) / (2^(bits-1) - 1)}. Asymmetric: {@code scale =
 * max(max - min, 1e-5) / (2^bits - 1)}, {@code zero point = -round(min / scale)}, codes from 0 to
 * {@code 2^bits - 1}. Immutable and safe for concurrent use.
 */
public final class AbsmaxQuantizer {
  private static final float MIN = 1e-5f;

  /** Which elements share a scale. */
  public enum Granularity {
    /** All. */
    PER_TENSOR,
    /** Those along the last axis: a weight's output channel, an activation's token. */
    PER_ROW,
    /** Those along the axis before the last: a weight's input channel. */
    PER_COLUMN,
    /** Those of an index of the last axis, along all others: an activation's channel. */
    PER_CHANNEL
  }

  /** What the notebooks' asymmetric functions do besides, tensor by tensor. */
  private enum Form {
    OURS,
    NOTEBOOK_WEIGHT,
    NOTEBOOK_ACTIVATION
  }

  /**
   * What came out.
   *
   * @param values the fake-quantized tensor, float32
   * @param l2Distance the Euclidean distance of the values from the tensor
   * @param scale 1 along each axis that shares it, a scalar if all do; per channel of shape [1,
   *     channels]
   * @param zeroPoint of the same shape, for the asymmetric form
   */
  public record Result(
      INDArray values, double l2Distance, INDArray scale, Optional<INDArray> zeroPoint) {}

  private final int bits;
  private final boolean symmetric;
  private final Granularity granularity;
  private final Form form;

  private AbsmaxQuantizer(int bits, boolean symmetric, Granularity granularity, Form form) {
    if (bits < 2 || bits > 16) {
      throw new IllegalArgumentException("bits = " + bits + "; there are 2 to 16");
    }
    this.bits = bits;
    this.symmetric = symmetric;
    this.granularity = granularity;
    this.form = form;
  }

  /**
   * Around zero.
   *
   * @param bits 2 to 16
   */
  public static AbsmaxQuantizer symmetric(int bits, Granularity granularity) {
    Objects.requireNonNull(granularity, "granularity");
    return new AbsmaxQuantizer(bits, true, granularity, Form.OURS);
  }

  /**
   * From the smallest to the largest value.
   *
   * @param bits 2 to 16
   */
  public static AbsmaxQuantizer asymmetric(int bits, Granularity granularity) {
    Objects.requireNonNull(granularity, "granularity");
    return new AbsmaxQuantizer(bits, false, granularity, Form.OURS);
  }

  /**
   * The same, with the values that the notebooks' asymmetric function for weights gives: the zero
   * point stays within the codes except per row; only per tensor are codes clamped, and there the
   * zero point is added before rounding, so a tensor far from zero collapses.
   */
  public AbsmaxQuantizer asNotebookWeight() {
    return new AbsmaxQuantizer(bits, symmetric, granularity, Form.NOTEBOOK_WEIGHT);
  }

  /**
   * The same, with the values that the notebooks' asymmetric function for activations gives: the
   * zero point stays within the codes, which are not clamped.
   */
  public AbsmaxQuantizer asNotebookActivation() {
    return new AbsmaxQuantizer(bits, symmetric, granularity, Form.NOTEBOOK_ACTIVATION);
  }

  /**
   * Quantizes into a new array of c order; {@code x} is not changed.
   *
   * @param x floats, of rank 1 or more (2 per column), not empty
   * @throws IllegalArgumentException if it is not
   */
  public Result quantize(INDArray x) {
    Objects.requireNonNull(x, "x");
    return run(x);
  }

  /**
   * Quantizes in place.
   *
   * @throws IllegalArgumentException as {@link #quantize}; {@code x} is then unchanged
   */
  public Result quantizeInPlace(INDArray x) {
    Objects.requireNonNull(x, "x");
    Result result = quantize(x);
    return new Result(
        x.assign(result.values()), result.l2Distance(), result.scale(), result.zeroPoint());
  }

  private Result run(INDArray x) {
    int least = granularity == Granularity.PER_COLUMN ? 2 : 1;
    if (x.length() == 0 || x.rank() < least) {
      throw new IllegalArgumentException(
          granularity + " of a tensor of shape " + Arrays.toString(x.shape()));
    }
    DenseFloats in = DenseFloats.of(x, granularity + " of a tensor");
    DenseFloats out = DenseFloats.uninitialized(x.shape());
    Groups groups = Groups.of(x.shape(), blocks(x.rank()));
    float[] scale = new float[groups.count()];
    float[] zeroPoint = symmetric ? new float[0] : new float[groups.count()];
    double[] distance = new double[1];
    in.use(
        source -> {
          scales(Kernels.active(), source, groups, scale, zeroPoint);
          out.use(
              target -> {
                quantize(source, groups, scale, zeroPoint, target);
                distance[0] = distance(source, target);
              });
        });
    long[] shape = shape(groups);
    return new Result(
        out.array(),
        distance[0],
        DenseFloats.array(scale, shape),
        symmetric ? Optional.empty() : Optional.of(DenseFloats.array(zeroPoint, shape)));
  }

  private void quantize(
      FloatBuffer x, Groups groups, float[] scale, float[] zeroPoint, FloatBuffer out) {
    if (!symmetric && form == Form.NOTEBOOK_WEIGHT && granularity == Granularity.PER_TENSOR) {
      zeroPointFirst(x, scale[0], zeroPoint[0], out);
      return;
    }
    if (!symmetric && form != Form.OURS) {
      unclamped(x, groups, scale, zeroPoint, out);
      return;
    }
    Scales scales = new Scales(scale, true, scale, false, zeroPoint);
    Kernels.active().fakeQuantize(Source.of(x), groups, grid(), scales, out);
  }

  private void scales(
      QuantKernels kernels, FloatBuffer x, Groups groups, float[] scale, float[] zeroPoint) {
    if (symmetric) {
      kernels.amax(Source.of(x), groups, scale);
      float max = (1 << (bits - 1)) - 1;
      for (int g = 0; g < scale.length; g++) {
        scale[g] = Math.max(scale[g], MIN) / max;
      }
      return;
    }
    float[] min = new float[scale.length];
    kernels.range(Source.of(x), groups, min, scale);
    float codes = (1 << bits) - 1;
    boolean within =
        form != Form.OURS && !(form == Form.NOTEBOOK_WEIGHT && granularity == Granularity.PER_ROW);
    for (int g = 0; g < scale.length; g++) {
      scale[g] = Math.max(scale[g] - min[g], MIN) / codes;
      zeroPoint[g] = 0f - (float) Math.rint(min[g] / scale[g]);
      if (within) {
        zeroPoint[g] = Math.min(Math.max(zeroPoint[g], 0f), codes);
      }
    }
  }

  private Grid grid() {
    int max = symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
    return new Grid.Integers(symmetric ? -max : 0, max, Rounding.HALF_EVEN);
  }

  /** The notebooks' other forms: codes of any size, which a grid does not have. */
  private static void unclamped(
      FloatBuffer x, Groups groups, float[] scale, float[] zeroPoint, FloatBuffer out) {
    for (int i = 0; i < x.capacity(); i++) {
      int g = groups.group(i);
      float q = (float) Math.rint(x.get(i) / scale[g]) + zeroPoint[g];
      out.put(i, (q - zeroPoint[g]) * scale[g]);
    }
  }

  /** The notebooks' weights per tensor: {@code clamp(round(x / scale + zeroPoint))}. */
  private void zeroPointFirst(FloatBuffer x, float scale, float zeroPoint, FloatBuffer out) {
    float codes = (1 << bits) - 1;
    for (int i = 0; i < x.capacity(); i++) {
      float q = (float) Math.rint(x.get(i) / scale + zeroPoint);
      out.put(i, (Math.min(Math.max(q, 0f), codes) - zeroPoint) * scale);
    }
  }

  private int[] blocks(int rank) {
    int[] blocks = new int[rank];
    switch (granularity) {
      case PER_TENSOR -> Arrays.fill(blocks, BlockSize.WHOLE);
      case PER_ROW -> {
        Arrays.fill(blocks, 1);
        blocks[rank - 1] = BlockSize.WHOLE;
      }
      case PER_COLUMN -> {
        Arrays.fill(blocks, 1);
        blocks[rank - 2] = BlockSize.WHOLE;
      }
      case PER_CHANNEL -> {
        Arrays.fill(blocks, BlockSize.WHOLE);
        blocks[rank - 1] = 1;
      }
    }
    return blocks;
  }

  private long[] shape(Groups groups) {
    return switch (granularity) {
      case PER_TENSOR -> new long[0];
      case PER_ROW, PER_COLUMN -> groups.shape();
      case PER_CHANNEL -> new long[] {1, groups.count()};
    };
  }

  private static double distance(FloatBuffer x, FloatBuffer y) {
    double sum = 0;
    for (int i = 0; i < x.capacity(); i++) {
      double difference = (double) x.get(i) - y.get(i);
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }
}
