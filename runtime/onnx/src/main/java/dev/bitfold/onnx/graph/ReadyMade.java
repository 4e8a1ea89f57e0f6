package dev.bitfold.onnx.graph;

import dev.bitfold.layers.BatchNorm;
import dev.bitfold.layers.Conv1d;
import dev.bitfold.layers.Conv1dChannelsLast;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Conv2dChannelsLast;
import dev.bitfold.layers.Embedding;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.RMSNorm;
import dev.bitfold.layers.Window;
import dev.bitfold.onnx.file.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import onnx.Onnx.AttributeProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Writes the nodes of layers. What a layer accepts is checked before anything is added. */
final class ReadyMade {
  private final Steps steps;
  private final DescribedLayers layers;

  ReadyMade(Steps steps) {
    this.steps = steps;
    this.layers = new DescribedLayers(steps);
  }

  DescribedLayers described() {
    return layers;
  }

  /**
   * Adds a layer by its class, which must be the ready-made class itself, because a subclass may
   * compute something else.
   */
  OnnxValue layer(String path, Object layer, OnnxValue x) {
    Class<?> type = layer.getClass();
    if (type == Linear.class && layer instanceof Linear linear) {
      return linear(path, linear.weight(), linear.bias(), x);
    }
    if (type == Embedding.class && layer instanceof Embedding embedding) {
      return embedding(path, embedding.weight(), x);
    }
    if (type == Conv1d.class && layer instanceof Conv1d conv) {
      return convolution(path, conv.weight(), conv.bias(), conv.groups(), x, conv.window());
    }
    if (type == Conv2d.class && layer instanceof Conv2d conv) {
      return convolution(
          path, conv.weight(), conv.bias(), conv.groups(), x, conv.rows(), conv.columns());
    }
    if (type == Conv1dChannelsLast.class && layer instanceof Conv1dChannelsLast conv) {
      OnnxValue first = channelsFirst(path, x, 3);
      return channelsLast(
          convolution(path, conv.weight(), conv.bias(), conv.groups(), first, conv.window()));
    }
    if (type == Conv2dChannelsLast.class && layer instanceof Conv2dChannelsLast conv) {
      OnnxValue first = channelsFirst(path, x, 4);
      return channelsLast(
          convolution(
              path, conv.weight(), conv.bias(), conv.groups(), first, conv.rows(), conv.columns()));
    }
    if (type == LayerNorm.class && layer instanceof LayerNorm norm) {
      return layerNorm(path, norm, x);
    }
    if (type == RMSNorm.class && layer instanceof RMSNorm norm) {
      return rmsNorm(path, norm, x);
    }
    if (type == BatchNorm.class && layer instanceof BatchNorm norm) {
      return batchNorm(path, norm, x);
    }
    throw steps.bad(
        "layer "
            + path
            + " is a "
            + type.getName()
            + ", not a ready-made layer of the float model; of your own layers, describe what they"
            + " compute: linear(path, weight, bias), convolution(…), embedding(…) and the steps"
            + " around them");
  }

  OnnxValue linear(String path, INDArray weight, @Nullable INDArray bias, OnnxValue x) {
    rank(path, "weight", weight, 2, "[out, in]");
    floats(path, x);
    last(path, x, weight.size(1), "channels on its last axis");
    vector(path, "bias", bias, weight.size(0));
    layers.require(path, weight);
    INDArray transposed = weight.transpose();
    String held = steps.constant(path + ".weight", transposed, transposed.shape());
    String product = steps.node("MatMul", name(path, "MatMul"), List.of(x.name(), held));
    layers.node(path, weight, product);
    String y = product;
    if (bias != null) {
      String added = steps.constant(path + ".bias", bias, bias.length());
      y = steps.node("Add", name(path, "Add"), List.of(product, added));
    }
    return x.next(y, Sizes.withLast(x.shape(), weight.size(0)));
  }

  OnnxValue embedding(String path, INDArray table, OnnxValue x) {
    rank(path, "table", table, 2, "[indices, channels]");
    if (!x.isIntegers()) {
      throw steps.bad(
          "layer " + path + " looks up integers, and " + x + " is of floats; see graph.indices");
    }
    layers.require(path, table);
    String held = steps.constant(path + ".weight", table, table.shape());
    String y = steps.node("Gather", name(path, "Gather"), List.of(held, x.name()));
    layers.node(path, table, y);
    long[] shape = Arrays.copyOf(x.shape(), x.shape().length + 1);
    shape[shape.length - 1] = table.size(1);
    return x.floats(y, shape);
  }

  /** Adds a convolution with one axis for each window. */
  OnnxValue convolution(
      String path,
      INDArray weight,
      @Nullable INDArray bias,
      int groups,
      OnnxValue x,
      Window... windows) {
    int rank = 2 + windows.length;
    rank(path, "weight", weight, rank, "[out, in / groups, kernel...]");
    floats(path, x);
    long[] in = x.shape();
    if (in.length != rank || !Sizes.agree(in[1], weight.size(1) * groups)) {
      throw steps.bad(
          "layer "
              + path
              + " takes "
              + weight.size(1) * groups
              + " channels on axis 1 of "
              + rank
              + ", and "
              + x
              + " has others");
    }
    vector(path, "bias", bias, weight.size(0));
    layers.require(path, weight);
    long[] shape = in.clone();
    shape[1] = weight.size(0);
    for (int i = 0; i < windows.length; i++) {
      shape[2 + i] = outputs(path, x, 2 + i, weight.size(2 + i), windows[i]);
    }
    List<String> reads = new ArrayList<>(List.of(x.name()));
    reads.add(steps.constant(path + ".weight", weight, weight.shape()));
    if (bias != null) {
      reads.add(steps.constant(path + ".bias", bias, bias.length()));
    }
    String y = steps.node("Conv", name(path, "Conv"), reads, window(groups, windows));
    layers.node(path, weight, y);
    return x.next(y, shape);
  }

  private long outputs(String path, OnnxValue x, int axis, long kernel, Window window) {
    long size = Sizes.outputs(x.shape()[axis], kernel, window);
    if (size == 0) {
      throw steps.bad(
          "layer " + path + " has a kernel of " + kernel + ", which does not fit into " + x);
    }
    return size;
  }

  private static AttributeProto[] window(int groups, Window... windows) {
    long[] pads =
        IntStream.range(0, 2 * windows.length)
            .mapToLong(i -> windows[i % windows.length].padding())
            .toArray();
    return new AttributeProto[] {
      Attributes.integer("group", groups),
      Attributes.integers("strides", Arrays.stream(windows).mapToLong(Window::stride).toArray()),
      Attributes.integers(
          "dilations", Arrays.stream(windows).mapToLong(Window::dilation).toArray()),
      Attributes.integers("pads", pads)
    };
  }

  private OnnxValue channelsFirst(String path, OnnxValue x, int rank) {
    if (x.shape().length != rank) {
      throw steps.bad("layer " + path + " takes " + rank + " axes, and " + x + " has others");
    }
    return x.transpose(rank == 3 ? new int[] {0, 2, 1} : new int[] {0, 3, 1, 2});
  }

  private static OnnxValue channelsLast(OnnxValue x) {
    return x.transpose(x.shape().length == 3 ? new int[] {0, 2, 1} : new int[] {0, 2, 3, 1});
  }

  private OnnxValue layerNorm(String path, LayerNorm norm, OnnxValue x) {
    floats(path, x);
    last(path, x, norm.weight().length(), "channels on its last axis");
    layers.require(path, norm.weight());
    String y =
        steps.node(
            "LayerNormalization",
            name(path, "LayerNormalization"),
            List.of(
                x.name(), vector(path, "weight", norm.weight()), vector(path, "bias", norm.bias())),
            Attributes.integer("axis", -1),
            Attributes.number("epsilon", norm.epsilon()));
    layers.norm(path, norm.weight(), path + ".weight", path + ".bias");
    return x.next(y, x.shape());
  }

  /** Adds RMSNorm as the nodes that ONNX Runtime fuses into one. */
  private OnnxValue rmsNorm(String path, RMSNorm norm, OnnxValue x) {
    floats(path, x);
    last(path, x, norm.weight().length(), "channels on its last axis");
    layers.require(path, norm.weight());
    String two = steps.constant(Tensors.of("two", new float[] {2}));
    String squares = steps.node("Pow", name(path, "Pow"), List.of(x.name(), two));
    String mean =
        steps.node(
            "ReduceMean",
            name(path, "ReduceMean"),
            List.of(squares),
            Attributes.integers("axes", -1));
    String epsilon =
        steps.constant(Tensors.of(path + ".epsilon", new float[] {(float) norm.epsilon()}));
    String moved = steps.node("Add", name(path, "Add"), List.of(mean, epsilon));
    String root = steps.node("Sqrt", name(path, "Sqrt"), List.of(moved));
    String unit = steps.node("Div", name(path, "Div"), List.of(x.name(), root));
    String y =
        steps.node("Mul", name(path, "Mul"), List.of(unit, vector(path, "weight", norm.weight())));
    layers.norm(path, norm.weight(), path + ".weight");
    return x.next(y, x.shape());
  }

  private OnnxValue batchNorm(String path, BatchNorm norm, OnnxValue x) {
    floats(path, x);
    int rank = x.shape().length;
    int axis = Math.floorMod(norm.channelAxis(), rank);
    if (rank < 2 || !Sizes.agree(x.shape()[axis], norm.weight().length())) {
      throw steps.bad(
          "layer "
              + path
              + " takes "
              + norm.weight().length()
              + " channels on axis "
              + norm.channelAxis()
              + " of at least 2, and "
              + x
              + " has others");
    }
    layers.require(path, norm.weight());
    int[] swap = IntStream.range(0, rank).toArray();
    swap[1] = axis;
    swap[axis] = 1;
    OnnxValue first = axis == 1 ? x : x.transpose(swap);
    String y =
        steps.node(
            "BatchNormalization",
            name(path, "BatchNormalization"),
            List.of(
                first.name(),
                vector(path, "weight", norm.weight()),
                vector(path, "bias", norm.bias()),
                vector(path, "mean", norm.mean()),
                vector(path, "variance", norm.variance())),
            Attributes.number("epsilon", norm.epsilon()));
    layers.norm(path, norm.weight(), path + ".weight", path + ".bias");
    OnnxValue normed = x.next(y, first.shape());
    return axis == 1 ? normed : normed.transpose(swap);
  }

  private String vector(String path, String tensor, INDArray values) {
    return steps.constant(path + "." + tensor, values, values.length());
  }

  private void vector(String path, String tensor, @Nullable INDArray values, long length) {
    if (values != null && values.length() != length) {
      throw steps.bad(
          "layer "
              + path
              + " has "
              + length
              + " outputs and a "
              + tensor
              + " of "
              + values.length());
    }
  }

  private void rank(String path, String tensor, INDArray values, int rank, String order) {
    if (values.rank() != rank) {
      throw steps.bad(
          "layer "
              + path
              + " takes a "
              + tensor
              + " "
              + order
              + ", not one of shape "
              + Arrays.toString(values.shape()));
    }
  }

  private void floats(String path, OnnxValue x) {
    if (x.isIntegers()) {
      throw steps.bad("layer " + path + " takes floats, and " + x + " holds integers");
    }
  }

  private void last(String path, OnnxValue x, long size, String what) {
    long[] shape = x.shape();
    if (shape.length == 0 || !Sizes.agree(shape[shape.length - 1], size)) {
      throw steps.bad(
          "layer " + path + " takes " + size + " " + what + ", and " + x + " has others");
    }
  }

  /** Returns the name that exporters give to a node of this module. */
  private static String name(String path, String operation) {
    return "/" + path.replace('.', '/') + "/" + operation;
  }
}
