package dev.bitfold.layers;

import dev.bitfold.layer.Gradients;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds what convolutions over sequences share, which are convolutions over images of one row. */
public abstract class SequenceConvolution extends Convolution {
  SequenceConvolution(
      String name,
      boolean channelsLast,
      INDArray weight,
      @Nullable INDArray bias,
      Window window,
      int groups) {
    super(
        name,
        channelsLast,
        weight(name, weight, 3, "[out, in / groups, kt]"),
        bias,
        groups,
        Window.UNIT,
        Objects.requireNonNull(window, "window"));
  }

  /** Returns the movement of the kernel along T. */
  public Window window() {
    return horizontal();
  }

  /** The output, of the input's order. */
  final INDArray output(INDArray x) {
    Objects.requireNonNull(x, "x");
    return flat(convolve(image("tensor", x, "channels", "t")));
  }

  /**
   * The gradients at an input.
   *
   * @param x as given to {@code forward}
   * @param gradOutput the loss's gradient by the output, of its shape
   * @throws IllegalArgumentException if a shape is another
   */
  public Gradients backward(INDArray x, INDArray gradOutput) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(gradOutput, "gradOutput");
    INDArray gradient = image("gradOutput", gradOutput, "out", "t'");
    Gradients gradients = gradients(image("tensor", x, "channels", "t"), gradient);
    return new Gradients(flat(gradients.input()), gradients.parameters());
  }

  /** With an H of 1. */
  private INDArray image(String what, INDArray x, String channels, String time) {
    String axes = channelsLast ? time + ", " + channels : channels + ", " + time;
    Shapes.rank(name(), what, x, 3, "[n, " + axes + "]");
    return channelsLast
        ? x.reshape(x.size(0), 1, x.size(1), x.size(2))
        : x.reshape(x.size(0), x.size(1), 1, x.size(2));
  }

  private INDArray flat(INDArray x) {
    return x.reshape(x.size(0), x.size(channelsLast ? 2 : 1), x.size(3));
  }
}
