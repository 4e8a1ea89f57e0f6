package dev.bitfold.layers;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Normalises each channel with fixed statistics, as batch normalisation does at inference: {@code y
 * = (x - mean) / sqrt(variance + epsilon) · weight + bias} (Ioffe and Szegedy, 2015). It is a float
 * layer. A smoothing scale can be folded into it, and {@code foldInto} merges it into the layer
 * before it.
 */
public class BatchNorm {
  private static final String NAME = "BatchNorm";

  @Weight(layout = "C")
  private final INDArray weight;

  @Bias(layout = "C")
  private final INDArray bias;

  private final INDArray mean;
  private final INDArray variance;
  private final double epsilon;
  private final int channelAxis;

  /**
   * Makes a norm with the channels on axis 1, such as for NC, NCT or NCHW. The arrays are not
   * copied.
   *
   * @param weight [channels]
   * @param bias [channels]
   * @param mean [channels]
   * @param variance [channels], not negative
   * @param epsilon added to the variance, such as 1e-5
   * @throws IllegalArgumentException if a shape is wrong or epsilon is negative
   */
  public BatchNorm(
      INDArray weight, INDArray bias, INDArray mean, INDArray variance, double epsilon) {
    this(weight, bias, mean, variance, epsilon, 1);
  }

  /**
   * Makes a norm. The arrays are not copied.
   *
   * @param weight [channels]
   * @param bias [channels]
   * @param mean [channels]
   * @param variance [channels], not negative
   * @param epsilon added to the variance, such as 1e-5
   * @param channelAxis the axis of an input that has the channels, negative from the end
   * @throws IllegalArgumentException if a shape is wrong or epsilon is negative
   */
  public BatchNorm(
      INDArray weight,
      INDArray bias,
      INDArray mean,
      INDArray variance,
      double epsilon,
      int channelAxis) {
    Objects.requireNonNull(weight, "weight");
    Objects.requireNonNull(bias, "bias");
    Objects.requireNonNull(mean, "mean");
    Objects.requireNonNull(variance, "variance");
    Shapes.rank(NAME, "weight", weight, 1, "[channels]");
    Shapes.vector(NAME, "bias", bias, weight.length());
    Shapes.vector(NAME, "mean", mean, weight.length());
    Shapes.vector(NAME, "variance", variance, weight.length());
    Shapes.epsilon(NAME, epsilon);
    this.weight = weight;
    this.bias = bias;
    this.mean = mean;
    this.variance = variance;
    this.epsilon = epsilon;
    this.channelAxis = channelAxis;
  }

  /** Returns the gain, [channels]. */
  public INDArray weight() {
    return weight;
  }

  /** Returns the bias, [channels]. */
  public INDArray bias() {
    return bias;
  }

  /** Returns the running mean, [channels]. */
  public INDArray mean() {
    return mean;
  }

  /** Returns the running variance, [channels]. */
  public INDArray variance() {
    return variance;
  }

  /** Returns what is added to the variance. */
  public double epsilon() {
    return epsilon;
  }

  /** Returns the axis of an input that has the channels, negative from the end. */
  public int channelAxis() {
    return channelAxis;
  }

  /**
   * Normalises each channel.
   *
   * @param x with the channels on {@link #channelAxis}
   * @return a new array of the same shape
   * @throws IllegalArgumentException if that axis has another length
   */
  public INDArray forward(@Input INDArray x) {
    Objects.requireNonNull(x, "x");
    check(x);
    INDArray scale = scale();
    INDArray shift = bias.castTo(DataType.DOUBLE).sub(mean.castTo(DataType.DOUBLE).mul(scale));
    return x.mul(spread(scale, x)).addi(spread(shift, x));
  }

  /**
   * Returns the gradients at an input, with the statistics as constants.
   *
   * @param x as given to {@link #forward}
   * @param gradOutput the gradient of the loss with respect to the output, of the shape of x
   * @throws IllegalArgumentException if a shape is wrong
   */
  public Gradients backward(INDArray x, INDArray gradOutput) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(gradOutput, "gradOutput");
    check(x);
    Shapes.gradient(NAME, gradOutput, x.shape());
    INDArray normal = x.sub(spread(mean, x)).muli(spread(reciprocalDeviation(), x));
    int channels = Math.floorMod(channelAxis, x.rank());
    int[] others = IntStream.range(0, x.rank()).filter(axis -> axis != channels).toArray();
    return new Gradients(
        gradOutput.mul(spread(scale(), x)),
        Map.of("weight", sum(gradOutput.mul(normal), others), "bias", sum(gradOutput, others)));
  }

  /** Returns a convolution with this norm merged into it; see {@link #foldInto(Linear)}. */
  public Conv2d foldInto(Conv2d conv) {
    Objects.requireNonNull(conv, "conv");
    require(conv.getClass() == Conv2d.class, conv);
    INDArray weights = foldedWeight(conv.weight());
    return new Conv2d(
        weights, foldedBias(conv.bias(), weights), conv.rows(), conv.columns(), conv.groups());
  }

  /** Returns a convolution with this norm merged into it; see {@link #foldInto(Linear)}. */
  public Conv2dChannelsLast foldInto(Conv2dChannelsLast conv) {
    Objects.requireNonNull(conv, "conv");
    require(conv.getClass() == Conv2dChannelsLast.class, conv);
    INDArray weights = foldedWeight(conv.weight());
    return new Conv2dChannelsLast(
        weights, foldedBias(conv.bias(), weights), conv.rows(), conv.columns(), conv.groups());
  }

  /** Returns a convolution with this norm merged into it; see {@link #foldInto(Linear)}. */
  public Conv1d foldInto(Conv1d conv) {
    Objects.requireNonNull(conv, "conv");
    require(conv.getClass() == Conv1d.class, conv);
    INDArray weights = foldedWeight(conv.weight());
    return new Conv1d(weights, foldedBias(conv.bias(), weights), conv.window(), conv.groups());
  }

  /** Returns a convolution with this norm merged into it; see {@link #foldInto(Linear)}. */
  public Conv1dChannelsLast foldInto(Conv1dChannelsLast conv) {
    Objects.requireNonNull(conv, "conv");
    require(conv.getClass() == Conv1dChannelsLast.class, conv);
    INDArray weights = foldedWeight(conv.weight());
    return new Conv1dChannelsLast(
        weights, foldedBias(conv.bias(), weights), conv.window(), conv.groups());
  }

  /**
   * Returns a layer with this norm merged into it. It has the weight {@code W · s} and the bias
   * {@code (b - mean) · s + bias}, with {@code s = weight / sqrt(variance + epsilon)} for each
   * output channel. Neither the given layer nor this norm changes.
   *
   * @throws IllegalArgumentException if the layer has another number of output channels, or is of a
   *     subclass, such as a quantized layer: fold before you quantize
   */
  public Linear foldInto(Linear linear) {
    Objects.requireNonNull(linear, "linear");
    require(linear.getClass() == Linear.class, linear);
    INDArray weights = foldedWeight(linear.weight());
    return new Linear(weights, foldedBias(linear.bias(), weights));
  }

  private static void require(boolean plain, Object layer) {
    if (!plain) {
      throw new IllegalArgumentException(
          "BatchNorm cannot be folded into a "
              + layer.getClass().getSimpleName()
              + ": fold into the float layer, then quantize");
    }
  }

  private INDArray foldedWeight(INDArray w) {
    if (w.size(0) != weight.length()) {
      throw Shapes.wrong(NAME, "a layer before it with " + weight.length() + " outputs", w);
    }
    long[] shape = new long[w.rank()];
    Arrays.fill(shape, 1);
    shape[0] = w.size(0);
    return w.castTo(DataType.DOUBLE).mul(scale().reshape(shape)).castTo(w.dataType());
  }

  private INDArray foldedBias(@Nullable INDArray b, INDArray like) {
    INDArray centred = mean.castTo(DataType.DOUBLE).neg();
    if (b != null) {
      centred.addi(b.castTo(DataType.DOUBLE));
    }
    return centred.muli(scale()).addi(bias.castTo(DataType.DOUBLE)).castTo(like.dataType());
  }

  private INDArray scale() {
    return reciprocalDeviation().mul(weight.castTo(DataType.DOUBLE));
  }

  private INDArray reciprocalDeviation() {
    return Transforms.sqrt(variance.castTo(DataType.DOUBLE).add(epsilon)).rdivi(1);
  }

  private INDArray spread(INDArray vector, INDArray x) {
    long[] shape = new long[x.rank()];
    Arrays.fill(shape, 1);
    shape[Math.floorMod(channelAxis, x.rank())] = vector.length();
    return vector.castTo(x.dataType()).reshape(shape);
  }

  private static INDArray sum(INDArray x, int... axes) {
    return axes.length == 0 ? x : x.sum(axes);
  }

  private void check(INDArray x) {
    long channels = weight.length();
    Shapes.size(
        NAME,
        x,
        channelAxis,
        channels,
        "[...] with " + channels + " channels on axis " + channelAxis);
  }
}
