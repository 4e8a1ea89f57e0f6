package dev.bitfold.layers;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A convolution over sequences, channels first (NCT), grouped or depthwise if {@code groups} says
 * so. By default int8 with SmoothQuant: a weight scale per output channel, one calibrated input
 * scale.
 */
@Int8SmoothQuant
public class Conv1d extends Convolution {
  private static final String NAME = "Conv1d";

  /**
   * A convolution in one group that moves by one, without padding.
   *
   * @param weight [out, in, kt]
   * @param bias [out], or null for none
   * @throws IllegalArgumentException if a shape is another
   */
  public Conv1d(INDArray weight, @Nullable INDArray bias) {
    this(weight, bias, Window.UNIT, 1);
  }

  /**
   * Makes a layer; the arrays are not copied.
   *
   * @param weight [out, in / groups, kt]
   * @param bias [out], or null for none
   * @param window how the kernel moves along T
   * @param groups a divisor of both channel counts; as many as input channels: depthwise
   * @throws IllegalArgumentException if a shape is another
   */
  public Conv1d(
      @Weight(layout = "OIT") INDArray weight,
      @Bias(layout = "O") @Nullable INDArray bias,
      Window window,
      int groups) {
    super(
        NAME,
        checked(Objects.requireNonNull(weight, "weight")),
        bias,
        groups,
        Window.UNIT,
        Objects.requireNonNull(window, "window"));
  }

  /** How the kernel moves along T. */
  public Window window() {
    return horizontal();
  }

  /**
   * Applies the layer.
   *
   * @param x [n, in, t]
   * @return [n, out, t'], a new array
   * @throws IllegalArgumentException if the channels are others, or the kernel is larger than the
   *     padded input
   */
  public INDArray forward(@Input(layout = "NCT") INDArray x) {
    Objects.requireNonNull(x, "x");
    return flat(convolve(image(x), false));
  }

  /**
   * The gradients at an input.
   *
   * @param x as given to {@link #forward}
   * @param gradOutput the loss's gradient by the output, [n, out, t']
   * @throws IllegalArgumentException if a shape is another
   */
  public Gradients backward(INDArray x, INDArray gradOutput) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(gradOutput, "gradOutput");
    Shapes.rank(NAME, "gradOutput", gradOutput, 3, "[n, out, t']");
    Gradients gradients = gradients(image(x), image(gradOutput), false);
    return new Gradients(flat(gradients.input()), gradients.parameters());
  }

  private static INDArray checked(INDArray weight) {
    Shapes.rank(NAME, "weight", weight, 3, "[out, in / groups, kt]");
    return weight;
  }

  /** With an H of 1. */
  private static INDArray image(INDArray x) {
    Shapes.rank(NAME, "tensor", x, 3, "[n, channels, t]");
    return x.reshape(x.size(0), x.size(1), 1, x.size(2));
  }

  private static INDArray flat(INDArray x) {
    return x.reshape(x.size(0), x.size(1), x.size(3));
  }
}
