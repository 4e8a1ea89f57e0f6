package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.tensor.DenseFloats;
import java.util.Optional;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How an exported file shows what it has at a cut: the codes of 8 bits, where there are some. A
 * float value that becomes an output keeps ONNX Runtime from fusing the nodes around it; codes do
 * not.
 *
 * @param value the name of the output to be added
 * @param scale of the codes; 0 where the value is one of floats
 * @param zeroPoint the code of 0
 */
record Exposure(String value, float scale, int zeroPoint) {
  /** How a file shows a cut; empty if it has no such node. */
  static Optional<Exposure> of(Graph exported, Cut cut) {
    if (cut.output()) {
      return Optional.of(ofValue(exported, cut.value()));
    }
    return exported
        .node(cut.node())
        .filter(node -> node.getInputCount() > 0)
        .map(
            node -> {
              boolean fused = node.getOpType().equals("MatMulIntegerToFloat");
              return fused
                  ? codes(exported, node, 2, 4).orElseGet(() -> floats(node.getInput(0)))
                  : ofValue(exported, node.getInput(0));
            });
  }

  private static Exposure ofValue(Graph exported, String value) {
    NodeProto source = exported.producer(value);
    Optional<Exposure> codes =
        source == null || !Graph.is(source, "DequantizeLinear") || source.getInputCount() < 3
            ? Optional.empty()
            : codes(exported, source, 1, 2);
    return codes.orElseGet(() -> floats(value));
  }

  private static Exposure floats(String value) {
    return new Exposure(value, 0, 0);
  }

  private static Optional<Exposure> codes(
      Graph exported, NodeProto node, int scaleInput, int zeroInput) {
    Optional<TensorProto> scale = exported.constant(node.getInput(scaleInput));
    Optional<TensorProto> zero = exported.constant(node.getInput(zeroInput));
    boolean signed = zero.filter(t -> t.getDataType() == ElementType.INT8.number()).isPresent();
    boolean bytes =
        signed || zero.filter(t -> t.getDataType() == ElementType.UINT8.number()).isPresent();
    if (!bytes || scale.isEmpty()) {
      return Optional.empty();
    }
    float[] scales = Tensors.floats(exported.file(), scale.get());
    long[] zeros = Tensors.integers(exported.file(), zero.get());
    return scales.length == 1 && zeros.length == 1
        ? Optional.of(new Exposure(node.getInput(0), scales[0], (int) zeros[0]))
        : Optional.empty();
  }

  /** What the file has at the cut, as floats; empty if it is no tensor of the expected kind. */
  Optional<INDArray> read(HostValue shown) {
    if (scale == 0) {
      return shown instanceof HostValue.Floats floats
          ? Optional.of(floats.array())
          : Optional.empty();
    }
    if (!(shown instanceof HostValue.Integers integers)) {
      return Optional.empty();
    }
    long[] codes = integers.values();
    float[] values = new float[codes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (codes[i] - zeroPoint) * scale;
    }
    return Optional.of(DenseFloats.array(values, integers.shape()));
  }
}
