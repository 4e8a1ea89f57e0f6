package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * What a node does to each channel c of its input: {@code x * factors[c] + sums[c]}.
 *
 * @param factors one for each channel
 * @param sums one for each channel
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ChannelAffine(double[] factors, double[] sums) {
  private static final float DEFAULT_EPSILON = 1e-5f;
  private static final int CHANNEL_AXIS = 1;
  private static final int NORM_INPUTS = 5;

  /** That of a node that reads the target's output; empty if it does anything else. */
  static Optional<ChannelAffine> of(Graph graph, NodeProto node, FoldTarget target) {
    if (!Graph.isStandard(node.getDomain())) {
      return Optional.empty();
    }
    String value = target.node().getOutput(0);
    return switch (node.getOpType()) {
      case "Mul", "Add", "Sub", "Div" -> arithmetic(graph, node, value, target);
      case "BatchNormalization" -> norm(graph, node, value, target.channels());
      default -> Optional.empty();
    };
  }

  private static Optional<ChannelAffine> arithmetic(
      Graph graph, NodeProto node, String value, FoldTarget target) {
    boolean first = node.getInput(0).equals(value);
    Optional<double[]> constant =
        perChannel(graph, node.getInput(first ? 1 : 0), target.rank(), target.channels());
    double[] ones = filled(target.channels(), 1);
    double[] zeros = new double[target.channels()];
    return constant.flatMap(
        c ->
            switch (node.getOpType()) {
              case "Mul" -> Optional.of(new ChannelAffine(c, zeros));
              case "Add" -> Optional.of(new ChannelAffine(ones, c));
              case "Sub" ->
                  Optional.of(
                      first
                          ? new ChannelAffine(ones, negative(c))
                          : new ChannelAffine(negative(ones), c));
              default ->
                  first
                      ? Optional.of(
                          new ChannelAffine(Arrays.stream(c).map(v -> 1 / v).toArray(), zeros))
                      : Optional.<ChannelAffine>empty();
            });
  }

  private static Optional<ChannelAffine> norm(
      Graph graph, NodeProto node, String value, int channels) {
    if (node.getInputCount() != NORM_INPUTS || !node.getInput(0).equals(value)) {
      return Optional.empty();
    }
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals("training_mode") && attribute.getI() != 0) {
        return Optional.empty();
      }
    }
    List<Optional<double[]>> read =
        node.getInputList().subList(1, NORM_INPUTS).stream()
            .map(input -> vector(graph, input, channels))
            .toList();
    if (read.stream().anyMatch(Optional::isEmpty)) {
      return Optional.empty();
    }
    float epsilon =
        node.getAttributeList().stream()
            .filter(attribute -> attribute.getName().equals("epsilon"))
            .map(AttributeProto::getF)
            .findFirst()
            .orElse(DEFAULT_EPSILON);
    double[] factors = new double[channels];
    double[] sums = new double[channels];
    for (int c = 0; c < channels; c++) {
      factors[c] = read.get(0).orElseThrow()[c] / Math.sqrt(read.get(3).orElseThrow()[c] + epsilon);
      sums[c] = read.get(1).orElseThrow()[c] - read.get(2).orElseThrow()[c] * factors[c];
    }
    return Optional.of(new ChannelAffine(factors, sums));
  }

  private static Optional<double[]> vector(Graph graph, String value, int channels) {
    return floats(graph, value)
        .filter(tensor -> tensor.getDimsCount() == 1 && tensor.getDims(0) == channels)
        .map(tensor -> doubles(Tensors.floats(graph.file(), tensor)));
  }

  /** A constant that, spread over a tensor with that many axes, differs along the channels only. */
  static Optional<double[]> perChannel(Graph graph, String value, int rank, int channels) {
    Optional<TensorProto> tensor = floats(graph, value);
    if (tensor.isEmpty() || tensor.get().getDimsCount() > rank) {
      return Optional.empty();
    }
    int missing = rank - tensor.get().getDimsCount();
    for (int axis = 0; axis < tensor.get().getDimsCount(); axis++) {
      long size = tensor.get().getDims(axis);
      boolean channel = axis + missing == CHANNEL_AXIS && size == channels;
      if (size != 1 && !channel) {
        return Optional.empty();
      }
    }
    double[] values = doubles(Tensors.floats(graph.file(), tensor.get()));
    return Optional.of(values.length == channels ? values : filled(channels, values[0]));
  }

  private static Optional<TensorProto> floats(Graph graph, String value) {
    return graph
        .constant(value)
        .filter(tensor -> tensor.getDataType() == ElementType.FLOAT.number());
  }

  private static double[] filled(int length, double value) {
    double[] values = new double[length];
    Arrays.fill(values, value);
    return values;
  }

  private static double[] negative(double[] values) {
    return Arrays.stream(values).map(v -> -v).toArray();
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
