package dev.bitfold.layers;

import dev.bitfold.layer.Gradients;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Holds what convolutions share: tensors, geometry, groups, and ND4J's operations, which support
 * two spatial axes and no groups. Of a grouped convolution, output channel {@code o} sees the
 * inputs of group {@code o / (out / groups)}; input channel {@code c} belongs to group {@code c /
 * (in / groups)}.
 */
public abstract class Convolution {
  private final String name;
  final boolean channelsLast;
  private final INDArray weight;
  private final @Nullable INDArray bias;
  private final int groups;
  private final Window vertical;
  private final Window horizontal;

  Convolution(
      String name,
      boolean channelsLast,
      INDArray weight,
      @Nullable INDArray bias,
      int groups,
      Window vertical,
      Window horizontal) {
    if (groups < 1 || weight.size(0) % groups != 0) {
      throw new IllegalArgumentException(
          name
              + " with "
              + groups
              + " groups: its weight's "
              + weight.size(0)
              + " output channels cannot be divided among them");
    }
    Shapes.vector(name, "bias", bias, weight.size(0));
    this.name = name;
    this.channelsLast = channelsLast;
    this.weight = weight;
    this.bias = bias;
    this.groups = groups;
    this.vertical = vertical;
    this.horizontal = horizontal;
  }

  /** The weight, [out, in / groups, kernel...]. */
  public INDArray weight() {
    return weight;
  }

  /** The bias, [out], or null. */
  public @Nullable INDArray bias() {
    return bias;
  }

  /** Into how many groups the channels are divided. */
  public int groups() {
    return groups;
  }

  /** Returns the weight, once its rank is known to be right. */
  static INDArray weight(String name, INDArray weight, int rank, String shape) {
    Objects.requireNonNull(weight, "weight");
    Shapes.rank(name, "weight", weight, rank, shape);
    return weight;
  }

  final String name() {
    return name;
  }

  final Window vertical() {
    return vertical;
  }

  final Window horizontal() {
    return horizontal;
  }

  /** [n, in, h, w] or, channels last, [n, h, w, in] to an output of the same order. */
  final INDArray convolve(INDArray x) {
    if (isDepthwise()) {
      INDArray y = output(x, weight.size(0));
      List<INDArray> inputs = inputs(x, depthwiseWeight(), bias);
      run("depthwise_conv2d", inputs, List.of(y));
      return y;
    }
    if (groups == 1) {
      INDArray y = output(x, weight.size(0));
      run("conv2d", inputs(x, kernel(), bias), List.of(y));
      return y;
    }
    int axis = channelsLast ? 3 : 1;
    INDArray[] parts = new INDArray[groups];
    for (int g = 0; g < groups; g++) {
      parts[g] = output(x, weight.size(0) / groups);
      INDArray groupBias = bias == null ? null : group(bias, 0, g);
      List<INDArray> inputs = inputs(group(x, axis, g), group(kernel(), 0, g), groupBias);
      run("conv2d", inputs, List.of(parts[g]));
    }
    return Nd4j.concat(axis, parts);
  }

  /** The gradients; of an input as {@link #convolve} takes it. */
  final Gradients gradients(INDArray x, INDArray gradOutput) {
    Shapes.gradient(name, gradOutput, outputShape(x, weight.size(0)));
    int axis = channelsLast ? 3 : 1;
    Map<String, INDArray> parameters = new HashMap<>();
    if (bias != null) {
      parameters.put("bias", channelsLast ? gradOutput.sum(0, 1, 2) : gradOutput.sum(0, 2, 3));
    }
    if (groups == 1) {
      INDArray[] grads = groupGradients(x, kernel(), gradOutput);
      parameters.put("weight", grads[1].reshape(weight.shape()));
      return new Gradients(grads[0], parameters);
    }
    INDArray[] byInput = new INDArray[groups];
    INDArray[] byWeight = new INDArray[groups];
    for (int g = 0; g < groups; g++) {
      INDArray[] grads =
          groupGradients(group(x, axis, g), group(kernel(), 0, g), group(gradOutput, axis, g));
      byInput[g] = grads[0];
      byWeight[g] = grads[1];
    }
    parameters.put("weight", Nd4j.concat(0, byWeight).reshape(weight.shape()));
    return new Gradients(Nd4j.concat(axis, byInput), parameters);
  }

  private INDArray[] groupGradients(INDArray x, INDArray kernel, INDArray gradOutput) {
    INDArray byInput = Nd4j.createUninitialized(x.dataType(), x.shape());
    INDArray byWeight = Nd4j.createUninitialized(kernel.dataType(), kernel.shape());
    run("conv2d_bp", List.of(x, kernel, gradOutput.dup('c')), List.of(byInput, byWeight));
    return new INDArray[] {byInput, byWeight};
  }

  private void run(String op, List<INDArray> inputs, List<INDArray> outputs) {
    INDArray kernel = inputs.get(1);
    int sameMode = 0;
    int outputsFirst = 1;
    Nd4j.exec(
        DynamicCustomOp.builder(op)
            .addInputs(inputs.toArray(INDArray[]::new))
            .addOutputs(outputs.toArray(INDArray[]::new))
            .addIntegerArguments(
                (int) kernel.size(2),
                (int) kernel.size(3),
                vertical.stride(),
                horizontal.stride(),
                vertical.padding(),
                horizontal.padding(),
                vertical.dilation(),
                horizontal.dilation(),
                sameMode,
                channelsLast ? 1 : 0,
                outputsFirst)
            .build());
  }

  private static List<INDArray> inputs(INDArray x, INDArray kernel, @Nullable INDArray bias) {
    List<INDArray> inputs = new ArrayList<>(List.of(x, kernel));
    if (bias != null) {
      inputs.add(bias);
    }
    return inputs;
  }

  private boolean isDepthwise() {
    return groups > 1 && weight.size(1) == 1;
  }

  /** Returns the weight as [out, in / groups, rows, columns]. */
  private INDArray kernel() {
    return weight.rank() == 4
        ? weight
        : weight.reshape(weight.size(0), weight.size(1), 1, weight.size(2));
  }

  /** Returns the weight as ND4J takes it: [outputs of a channel, channels, rows, columns]. */
  private INDArray depthwiseWeight() {
    INDArray kernel = kernel();
    long each = kernel.size(0) / groups;
    return kernel
        .reshape(groups, each, kernel.size(2), kernel.size(3))
        .permute(1, 0, 2, 3)
        .dup('c');
  }

  private INDArray group(INDArray x, int axis, int group) {
    long size = x.size(axis) / groups;
    INDArrayIndex[] indices = new INDArrayIndex[x.rank()];
    Arrays.fill(indices, NDArrayIndex.all());
    indices[axis] = NDArrayIndex.interval(group * size, (group + 1) * size);
    return x.get(indices).dup('c');
  }

  private INDArray output(INDArray x, long channels) {
    return Nd4j.createUninitialized(x.dataType(), outputShape(x, channels));
  }

  private long[] outputShape(INDArray x, long channels) {
    INDArray kernel = kernel();
    long in = kernel.size(1) * groups;
    boolean flat = weight.rank() == 3;
    String axes =
        channelsLast
            ? (flat ? "[n, t, " : "[n, h, w, ") + in + "]"
            : "[n, " + in + (flat ? ", t]" : ", h, w]");
    if (x.rank() != 4 || x.size(channelsLast ? 3 : 1) != in) {
      throw Shapes.wrong(name, "an input of shape " + axes, x);
    }
    int spatial = channelsLast ? 1 : 2;
    long height = vertical.outputs(x.size(spatial), kernel.size(2));
    long width = horizontal.outputs(x.size(spatial + 1), kernel.size(3));
    if (height < 1 || width < 1) {
      throw Shapes.wrong(
          name, "an input, padded, of at least its kernel's size " + taps(kernel), x);
    }
    return channelsLast
        ? new long[] {x.size(0), height, width, channels}
        : new long[] {x.size(0), channels, height, width};
  }

  private String taps(INDArray kernel) {
    return Arrays.toString(
        new long[] {
          (kernel.size(2) - 1) * vertical.dilation() + 1,
          (kernel.size(3) - 1) * horizontal.dilation() + 1
        });
  }
}
