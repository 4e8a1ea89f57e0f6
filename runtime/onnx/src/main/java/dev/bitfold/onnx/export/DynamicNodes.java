package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.NodeProto;

/**
 * Writes layers whose input has a dynamic scale: DynamicQuantizeLinear, and a product of integers
 * that is multiplied by both scales. An input that several layers share is quantized once.
 */
final class DynamicNodes {
  private static final Set<String> PRODUCTS = Set.of("MatMul", "Gemm", "Conv");
  private static final String QUANTIZE = "DynamicQuantizeLinear";

  private final Graph graph;
  private final Map<String, Codes> inputs = new HashMap<>();
  private final Map<String, Codes> weights = new HashMap<>();

  DynamicNodes(Graph graph) {
    this.graph = graph;
  }

  /** Holds the names of codes, their scale and their zero point. */
  record Codes(String codes, String scale, String zeroPoint) {}

  /** Returns a value behind DynamicQuantizeLinear: uint8, from a range that contains 0. */
  Codes quantize(String name, String value) {
    return inputs.computeIfAbsent(
        value,
        key -> {
          String scale = graph.fresh(name + "_scale");
          String zeroPoint = graph.fresh(name + "_zero_point");
          String codes =
              graph.add(
                  name + "/" + QUANTIZE,
                  QUANTIZE,
                  node -> node.addInput(value).addOutput(scale).addOutput(zeroPoint));
          return new Codes(codes, scale, zeroPoint);
        });
  }

  /** Returns codes behind DequantizeLinear. */
  String floats(String name, Codes x) {
    return graph.add(
        name + "/DequantizeLinear",
        "DequantizeLinear",
        node -> node.addInput(x.codes()).addInput(x.scale()).addInput(x.zeroPoint()));
  }

  /**
   * Replaces a node by MatMulInteger or ConvInteger and both scales. The product keeps the name and
   * the output of the node.
   *
   * @param x the layer's input
   * @param held the name of the weight, which several calls of a layer share
   * @param weight its codes; for a MatMul and a Gemm, [in, out]
   * @param bias the name of the value that is added, or empty; the bias of a MatMul is a separate
   *     Add
   */
  void product(MappedNode mapped, Codes x, String held, WeightCodes weight, String bias) {
    NodeProto node = mapped.node();
    if (!PRODUCTS.contains(node.getOpType())) {
      throw mapped.bad(
          "is "
              + node.getOpType()
              + " and has an input whose scale is dynamic, for which ONNX has no product of"
              + " integers: leave the input float, or calibrate it");
    }
    boolean conv = mapped.isConv();
    String name = node.getName();
    String whole = node.getOutput(0);
    WeightCodes bytes = requireKnown(mapped, weight.inBytes());
    // ONNX Runtime's ConvInteger accepts only uint8 weights.
    Codes w = weights.computeIfAbsent(held, key -> constants(key, conv ? bytes.unsigned() : bytes));
    NodeProto.Builder product =
        NodeProto.newBuilder()
            .setName(name)
            .setOpType(conv ? "ConvInteger" : "MatMulInteger")
            .addInput(x.codes())
            .addInput(w.codes())
            .addInput(x.zeroPoint())
            .addInput(w.zeroPoint())
            .addOutput(whole);
    if (conv) {
      product.addAllAttribute(node.getAttributeList());
    }
    NodeProto written = product.build();
    graph.replace(node, written);
    String integers = graph.divert(written.getOutput(0), "/integers");
    String floats =
        graph.add(
            name + "/Cast",
            "Cast",
            cast ->
                cast.addInput(integers)
                    .addAttribute(QdqNodes.integer("to", ElementType.FLOAT.number())));
    String scale =
        graph.add(name + "/scales_mul", "Mul", mul -> mul.addInput(x.scale()).addInput(w.scale()));
    if (bias.isEmpty()) {
      graph.addInto(whole, name + "/scale", "Mul", mul -> mul.addInput(floats).addInput(scale));
    } else {
      String scaled =
          graph.add(name + "/scale", "Mul", mul -> mul.addInput(floats).addInput(scale));
      graph.addInto(whole, name + "/Add", "Add", add -> add.addInput(scaled).addInput(bias));
    }
  }

  /**
   * Returns the shape in which one value for each output channel is multiplied with a product, or
   * added to it.
   */
  static long[] perChannel(MappedNode mapped, long channels) {
    long[] shape = new long[1 + mapped.axesBehind()];
    Arrays.fill(shape, 1);
    shape[0] = channels;
    return shape;
  }

  private Codes constants(String held, WeightCodes weight) {
    String name = held + "/weight";
    boolean conv = weight.shape().length > 2;
    long[] scaleShape = weight.scaleShape();
    if (conv && scaleShape.length > 0) {
      scaleShape = new long[weight.shape().length - 1];
      Arrays.fill(scaleShape, 1);
      scaleShape[0] = weight.scales().length;
    }
    int zeros = weight.zeroPoints().length;
    int first = zeros == 0 ? 0 : weight.zeroPoints()[0];
    byte[] zeroPoints =
        conv
            ? new byte[] {(byte) first}
            : zeros == 0 ? new byte[weight.scales().length] : weight.zeroPointBytes();
    long[] zeroShape = conv ? new long[0] : scaleShape;
    return new Codes(
        graph.add(Tensors.of(name + "_quantized", weight.type(), weight.bytes(), weight.shape())),
        graph.add(Tensors.of(name + "_scale", weight.scales(), scaleShape)),
        graph.add(Tensors.of(name + "_zero_point", weight.type(), zeroPoints, zeroShape)));
  }

  /** Refuses blocks and floats, which MatMulInteger and ConvInteger do not support. */
  private static WeightCodes requireKnown(MappedNode mapped, WeightCodes weight) {
    boolean bytes = weight.type() == ElementType.INT8 || weight.type() == ElementType.UINT8;
    int channels = mapped.isConv() ? 0 : 1;
    boolean whole = weight.axis() < 0 || (weight.block() == 0 && weight.axis() == channels);
    if (!bytes || !whole) {
      throw mapped.bad(
          "has an input whose scale is dynamic, and a weight of "
              + (bytes ? "another granularity" : weight.type().toString())
              + "; integer products take weights of up to 8 bits with one scale, or one per output"
              + " channel: QuantDescriptor.builder().bits(8).per(\"O\")");
    }
    boolean one = Arrays.stream(weight.zeroPoints()).distinct().count() <= 1;
    if (mapped.isConv() && !one) {
      throw mapped.bad(
          "has an input whose scale is dynamic, and a weight with a zero point for each channel;"
              + " ConvInteger takes one: leave affine out of the weight's descriptor");
    }
    return weight;
  }
}
