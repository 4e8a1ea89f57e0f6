package dev.bitfold.layers;

import dev.bitfold.layer.Gradients;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds what convolutions over images share. */
public abstract class ImageConvolution extends Convolution {
  ImageConvolution(
      String name,
      boolean channelsLast,
      INDArray weight,
      @Nullable INDArray bias,
      Window rows,
      Window columns,
      int groups) {
    super(
        name,
        channelsLast,
        weight(name, weight, 4, "[out, in / groups, kh, kw]"),
        bias,
        groups,
        Objects.requireNonNull(rows, "rows"),
        Objects.requireNonNull(columns, "columns"));
  }

  /** Returns the movement of the kernel along H. */
  public Window rows() {
    return vertical();
  }

  /** Returns the movement of the kernel along W. */
  public Window columns() {
    return horizontal();
  }

  /** The output, of the input's order. */
  final INDArray output(INDArray x) {
    return convolve(Objects.requireNonNull(x, "x"));
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
    return gradients(x, gradOutput);
  }
}
