package dev.bitfold.onnx.model.cut;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.LayerType;
import java.util.function.BiFunction;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;

/**
 * The letters of a layer's tensors, which follow from its operator.
 *
 * @param weight of the weight, as the node holds it
 * @param input of the input; empty for a Gather, which reads indices
 */
public record Letters(String weight, String input) {
  private static final QuantDescriptor WEIGHT = QuantDescriptor.builder().bits(8).per("O").build();
  private static final QuantDescriptor TABLE =
      QuantDescriptor.builder().bits(8).affine(true).unsigned(true).per("O").build();
  private static final QuantDescriptor INPUT =
      QuantDescriptor.builder().bits(8).affine(true).unsigned(true).build();

  /**
   * Returns the letters of a node's tensors.
   *
   * @param rank of the weight; 2 to 5
   */
  static Letters of(NodeProto node, int rank) {
    return switch (node.getOpType()) {
      case "MatMul" -> new Letters("IO", "…C");
      case "Gemm" -> new Letters(integer(node, "transB", 0) == 0 ? "IO" : "OI", "…C");
      case "Gather" -> new Letters("IO", "");
      case "Conv" -> new Letters("OI" + axes(rank), "NC" + axes(rank));
      case "ConvTranspose" -> new Letters("IO" + axes(rank), "NC" + axes(rank));
      default -> throw new IllegalArgumentException(node.getOpType());
    };
  }

  private static String axes(int rank) {
    return switch (rank) {
      case 3 -> "W";
      case 4 -> "HW";
      case 5 -> "DHW";
      default -> throw new IllegalArgumentException("a kernel of rank " + rank);
    };
  }

  /** Returns an integer attribute of a node. */
  static long integer(NodeProto node, String name, long otherwise) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .mapToLong(AttributeProto::getI)
        .findFirst()
        .orElse(otherwise);
  }

  /** Returns the axis of the weight that holds the output channels. */
  int outputAxis() {
    return weight.indexOf('O');
  }

  /**
   * Returns the type of a layer with these letters: static affine uint8 for its input, int8 per
   * output channel for its weight, alpha searched; uint8 per column for a table.
   *
   * @param amongPoints whether it reads and yields points: then its input is quantized as they are,
   *     and not smoothed, as factors cannot be folded through points
   */
  LayerType<CutLayer, CutLayer> type(
      boolean biased, boolean amongPoints, BiFunction<CutLayer, ArrayHooks, CutLayer> rebuild) {
    LayerType.Builder<CutLayer, CutLayer> type =
        LayerType.<CutLayer, CutLayer>builder(CutLayer.class, rebuild)
            .weight(CutLayer.WEIGHT, weight, input.isEmpty() ? TABLE : WEIGHT);
    if (biased) {
      type.bias(CutLayer.BIAS, "O");
    }
    if (!input.isEmpty()) {
      type.input(CutLayer.INPUT, input, amongPoints ? CutPoint.DESCRIPTOR : INPUT)
          .unpackingWeights();
      if (!amongPoints) {
        type.smoothQuant();
      }
    }
    return type.build();
  }
}
