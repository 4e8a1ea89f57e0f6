package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.tensor.DenseFloats;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes how an exported file shows its value at a cut: by its 8-bit codes if there are any. If
 * a float value becomes an output, ONNX Runtime cannot fuse the nodes around it. Codes do not
 * prevent this.
 *
 * @param value the name of the output to add
 * @param scale the scale of the codes; 0 if the value consists of floats, or if the scale is
 *     computed
 * @param zeroPoint the code of 0
 * @param computed the names of the scale and zero point that each run computes; empty if they are
 *     fixed
 */
record Exposure(String value, float scale, int zeroPoint, List<String> computed) {
  private static final Set<String> INTEGER_PRODUCTS = Set.of("MatMulInteger", "ConvInteger");

  /** Returns how a file shows a cut; empty if it has no such node. */
  static Optional<Exposure> of(Graph exported, Cut cut) {
    if (cut.output()) {
      return Optional.of(ofValue(exported, cut.value()));
    }
    return exported
        .node(cut.node())
        .filter(node -> node.getInputCount() > 0)
        .map(
            node -> {
              if (INTEGER_PRODUCTS.contains(node.getOpType())) {
                return dynamic(exported, node);
              }
              boolean fused = node.getOpType().equals("MatMulIntegerToFloat");
              return fused
                  ? codes(exported, node, 2, 4).orElseGet(() -> floats(node.getInput(0)))
                  : ofValue(exported, node.getInput(0));
            });
  }

  private static Exposure dynamic(Graph exported, NodeProto node) {
    NodeProto source = exported.producer(node.getInput(0));
    return source != null && Graph.is(source, "DynamicQuantizeLinear")
        ? new Exposure(node.getInput(0), 0, 0, List.of(source.getOutput(1), source.getOutput(2)))
        : floats(node.getInput(0));
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
    return new Exposure(value, 0, 0, List.of());
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
        ? Optional.of(new Exposure(node.getInput(0), scales[0], (int) zeros[0], List.of()))
        : Optional.empty();
  }

  /** Returns the names of all outputs to add. */
  List<String> values() {
    return computed.isEmpty() ? List.of(value) : List.of(value, computed.get(0), computed.get(1));
  }

  /**
   * Returns the file's value at the cut as floats; empty if it is not a tensor of the expected
   * kind.
   *
   * @param shown the outputs of a run of the file
   * @param feed the inputs of the run
   */
  Optional<INDArray> read(Map<String, HostValue> shown, Map<String, INDArray> feed) {
    HostValue whole = shown.get(value);
    if (whole == null) {
      return Optional.ofNullable(feed.get(value)).map(x -> x.castTo(DataType.FLOAT));
    }
    if (!computed.isEmpty()) {
      return shown.get(computed.get(0)) instanceof HostValue.Floats ownScale
              && shown.get(computed.get(1)) instanceof HostValue.Integers ownZero
          ? values(whole, ownScale.array().getFloat(0), (int) ownZero.values()[0])
          : Optional.empty();
    }
    if (scale == 0) {
      return whole instanceof HostValue.Floats floats
          ? Optional.of(floats.array())
          : Optional.empty();
    }
    return values(whole, scale, zeroPoint);
  }

  private static Optional<INDArray> values(@Nullable HostValue shown, float scale, int zeroPoint) {
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
