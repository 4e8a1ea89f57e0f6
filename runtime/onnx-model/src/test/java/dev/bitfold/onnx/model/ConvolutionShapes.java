package dev.bitfold.onnx.model;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.floats;
import static dev.bitfold.onnx.model.GraphBuilder.integer;
import static dev.bitfold.onnx.model.GraphBuilder.integers;
import static dev.bitfold.onnx.model.GraphBuilder.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import onnx.Onnx.AttributeProto;

/**
 * Networks with the shapes of ResNet-18 (He et al. 2016) and MobileNetV2 (Sandler et al. 2018) for
 * images of 224 × 224, their norms folded, and random weights that keep the energy of what flows.
 */
final class ConvolutionShapes {
  private static final int CLASSES = 1000;

  private final GraphBuilder graph = GraphBuilder.of(13).input("image", FLOAT, "n", 3, 224, 224);
  private final Random random = new Random(3);
  private int count;

  private ConvolutionShapes() {}

  static GraphBuilder resNet18() {
    ConvolutionShapes net = new ConvolutionShapes();
    String x = net.relu(net.conv("image", 3, 64, 7, 2, 1));
    x =
        net.add(
            "MaxPool",
            List.of(x),
            integers("kernel_shape", 3, 3),
            integers("strides", 2, 2),
            integers("pads", 1, 1, 1, 1));
    int channels = 64;
    for (int out : new int[] {64, 128, 256, 512}) {
      for (int block = 0; block < 2; block++) {
        int stride = block == 0 && out > 64 ? 2 : 1;
        String inner = net.relu(net.conv(x, channels, out, 3, stride, 1));
        String outer = net.conv(inner, out, out, 3, 1, 1);
        String beside = stride == 2 ? net.conv(x, channels, out, 1, 2, 1) : x;
        x = net.relu(net.add("Add", List.of(outer, beside)));
        channels = out;
      }
    }
    return net.classified(x, channels);
  }

  static GraphBuilder mobileNetV2() {
    ConvolutionShapes net = new ConvolutionShapes();
    net.graph.constant(floats("zero", new float[] {0})).constant(floats("six", new float[] {6}));
    String x = net.relu6(net.conv("image", 3, 32, 3, 2, 1));
    int channels = 32;
    // Expansion, channels, repetitions and stride of the first, as in the paper's table 2.
    int[][] blocks = {
      {1, 16, 1, 1},
      {6, 24, 2, 2},
      {6, 32, 3, 2},
      {6, 64, 4, 2},
      {6, 96, 3, 1},
      {6, 160, 3, 2},
      {6, 320, 1, 1}
    };
    for (int[] block : blocks) {
      for (int i = 0; i < block[2]; i++) {
        int wide = channels * block[0];
        String inner = block[0] == 1 ? x : net.relu6(net.conv(x, channels, wide, 1, 1, 1));
        String depth = net.relu6(net.conv(inner, wide, wide, 3, i == 0 ? block[3] : 1, wide));
        String narrow = net.conv(depth, wide, block[1], 1, 1, 1);
        boolean same = i > 0 && channels == block[1];
        x = same ? net.add("Add", List.of(narrow, x)) : narrow;
        channels = block[1];
      }
    }
    return net.classified(net.relu6(net.conv(x, channels, 1280, 1, 1, 1)), 1280);
  }

  private GraphBuilder classified(String x, int channels) {
    String mean = add("Flatten", List.of(add("GlobalAveragePool", List.of(x))));
    graph
        .constant(
            floats("w", normal(channels * CLASSES, 1 / Math.sqrt(channels)), channels, CLASSES))
        .constant(floats("b", normal(CLASSES, 0.1), CLASSES))
        .node(node("Gemm", "classes", List.of(mean, "w", "b"), "y"));
    return graph.output("y", FLOAT);
  }

  private String conv(String x, int in, int out, int kernel, int stride, int groups) {
    int perGroup = in / groups;
    int inputs = perGroup * kernel * kernel;
    String name = "conv" + count;
    graph
        .constant(
            floats(
                name + ".w",
                normal(out * inputs, Math.sqrt(2.0 / inputs)),
                out,
                perGroup,
                kernel,
                kernel))
        .constant(floats(name + ".b", normal(out, 0.1), out));
    long pad = kernel / 2;
    return add(
        "Conv",
        List.of(x, name + ".w", name + ".b"),
        integers("strides", stride, stride),
        integers("pads", pad, pad, pad, pad),
        integer("group", groups));
  }

  private String relu(String x) {
    return add("Relu", List.of(x));
  }

  private String relu6(String x) {
    return add("Clip", List.of(x, "zero", "six"));
  }

  private String add(String operator, List<String> inputs, AttributeProto... attributes) {
    String name = operator.toLowerCase(Locale.ROOT) + count++;
    graph.node(
        node(operator, name, new ArrayList<>(inputs), name + ":0")
            .addAllAttribute(List.of(attributes)));
    return name + ":0";
  }

  private float[] normal(int length, double deviation) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }
}
