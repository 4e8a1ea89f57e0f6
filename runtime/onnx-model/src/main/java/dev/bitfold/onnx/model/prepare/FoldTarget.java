package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import java.util.Optional;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * A Conv, ConvTranspose or Gemm with a constant float32 weight, and a constant bias or none.
 *
 * @param weight the constant
 * @param channels of the output
 * @param rank of the output
 */
record FoldTarget(NodeProto node, TensorProto weight, int channels, int rank) {
  private static final int BIAS = 2;

  /** That of a node; empty if it is none. */
  static Optional<FoldTarget> of(Graph graph, NodeProto node) {
    if (!Graph.isStandard(node.getDomain()) || node.getInputCount() < 2) {
      return Optional.empty();
    }
    Optional<TensorProto> weight =
        graph
            .constant(node.getInput(1))
            .filter(tensor -> tensor.getDataType() == ElementType.FLOAT.number());
    return weight.flatMap(
        w ->
            switch (node.getOpType()) {
              case "Conv" -> target(node, w, w.getDimsCount() < 3 ? 0 : w.getDims(0));
              case "ConvTranspose" ->
                  target(
                      node, w, w.getDimsCount() < 3 ? 0 : w.getDims(1) * integer(node, "group", 1));
              case "Gemm" ->
                  target(
                      node,
                      w,
                      w.getDimsCount() != 2
                          ? 0
                          : w.getDims(integer(node, "transB", 0) == 0 ? 1 : 0));
              default -> Optional.<FoldTarget>empty();
            });
  }

  private static Optional<FoldTarget> target(NodeProto node, TensorProto weight, long channels) {
    return channels < 1 || channels > Integer.MAX_VALUE
        ? Optional.empty()
        : Optional.of(new FoldTarget(node, weight, (int) channels, weight.getDimsCount()));
  }

  /**
   * The node with a weight and bias that also do what stood behind it; empty if its bias is none of
   * a value for each channel, or numbers would leave the range of float32.
   */
  Optional<NodeProto> with(Graph graph, ChannelAffine affine) {
    boolean biased = node.getInputCount() > BIAS && !node.getInput(BIAS).isEmpty();
    Optional<double[]> old =
        biased ? bias(graph, node.getInput(BIAS)) : Optional.of(new double[channels]);
    float[] weights = Tensors.floats(graph.file(), weight);
    float[] biases = new float[channels];
    double beta = biased && node.getOpType().equals("Gemm") ? real("beta", 1) : 1;
    if (old.isEmpty() || beta == 0) {
      return Optional.empty();
    }
    boolean finite = true;
    for (int c = 0; c < channels; c++) {
      biases[c] = (float) (old.get()[c] * affine.factors()[c] + affine.sums()[c] / beta);
      finite &= Float.isFinite(biases[c]);
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) (weights[i] * affine.factors()[channel(i)]);
      finite &= Float.isFinite(weights[i]);
    }
    return finite ? Optional.of(node(graph, weights, biases, biased)) : Optional.empty();
  }

  private NodeProto node(Graph graph, float[] weights, float[] biases, boolean biased) {
    long[] shape = weight.getDimsList().stream().mapToLong(Long::longValue).toArray();
    NodeProto.Builder changed = node.toBuilder();
    changed.setInput(1, graph.add(Tensors.of(node.getName() + "/weight", weights, shape)));
    String bias = graph.add(Tensors.of(node.getName() + "/bias", biases, channels));
    if (node.getInputCount() > BIAS) {
      changed.setInput(BIAS, bias);
    } else {
      changed.addInput(bias);
    }
    for (int i = changed.getAttributeCount() - 1; i >= 0 && !biased; i--) {
      // Of what was not there, a factor meant nothing.
      if (changed.getAttribute(i).getName().equals("beta")) {
        changed.removeAttribute(i);
      }
    }
    return changed.build();
  }

  /** The bias; a Conv has a value for each channel, a Gemm what spreads to rows and columns. */
  private Optional<double[]> bias(Graph graph, String value) {
    return ChannelAffine.perChannel(graph, value, 2, channels);
  }

  /** The output channel of an element of the weight. */
  private int channel(int element) {
    long[] shape = weight.getDimsList().stream().mapToLong(Long::longValue).toArray();
    long kernel = 1;
    for (int axis = 2; axis < shape.length; axis++) {
      kernel *= shape[axis];
    }
    long outer = element / kernel / shape[1];
    long inner = element / kernel % shape[1];
    return (int)
        switch (node.getOpType()) {
          case "Conv" -> outer;
          case "ConvTranspose" -> outer / (shape[0] / integer(node, "group", 1)) * shape[1] + inner;
          default -> integer(node, "transB", 0) == 0 ? inner : outer;
        };
  }

  private static long integer(NodeProto node, String name, long otherwise) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .map(AttributeProto::getI)
        .findFirst()
        .orElse(otherwise);
  }

  private float real(String name, float otherwise) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .map(AttributeProto::getF)
        .findFirst()
        .orElse(otherwise);
  }
}
