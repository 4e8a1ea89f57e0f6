package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Writes QuantizeLinear, DequantizeLinear and Mul nodes. An input that several layers quantize in
 * the same way is written once.
 */
final class QdqNodes {
  private static final String QUANTIZE = "QuantizeLinear";
  private static final String DEQUANTIZE = "DequantizeLinear";

  private final Graph graph;
  private final Optional<BlockOperators> blocks;
  private final Map<String, String> written = new HashMap<>();
  private final Map<String, WeightCodes> weights = new LinkedHashMap<>();
  private final Map<String, ActivationScale> quantized = new HashMap<>();

  /**
   * Makes a writer.
   *
   * @param blocks writes tables with ONNX Runtime's operator, if it may be used
   */
  QdqNodes(Graph graph, Optional<BlockOperators> blocks) {
    this.graph = graph;
    this.blocks = blocks;
  }

  /** Returns the codes of all weights that were written, by the name of their float32 value. */
  Map<String, WeightCodes> weights() {
    return weights;
  }

  /** Writes a weight behind DequantizeLinear, and returns its float32 value. */
  String weight(String node, WeightCodes codes) {
    String name = node + "/weight";
    String quantized =
        graph.add(Tensors.of(name + "_quantized", codes.type(), codes.bytes(), codes.shape()));
    String value = dequantize(name, quantized, codes, codes.axis());
    weights.put(value, codes);
    return value;
  }

  private String dequantize(String name, String quantized, WeightCodes codes, int axis) {
    String scale =
        codes.block() > 0
            ? BlockScales.write(graph, name + "_scale", codes.scales(), codes.scaleShape())
            : graph.add(Tensors.of(name + "_scale", codes.scales(), codes.scaleShape()));
    String zeroPoint = graph.add(zeroPoint(name, codes));
    return graph.add(
        name + "/" + DEQUANTIZE,
        DEQUANTIZE,
        node -> {
          node.addInput(quantized).addInput(scale).addInput(zeroPoint);
          if (codes.axis() >= 0) {
            node.addAttribute(integer("axis", axis));
          }
          if (codes.block() > 0) {
            node.addAttribute(integer("block_size", codes.block()));
          }
          return node;
        });
  }

  private static onnx.Onnx.TensorProto zeroPoint(String name, WeightCodes codes) {
    boolean none = codes.zeroPoints().length == 0;
    byte[] zeros = new byte[(int) codes.type().bytes(codes.scales().length)];
    return Tensors.of(
        name + "_zero_point",
        codes.type(),
        none ? zeros : codes.zeroPointBytes(),
        codes.scaleShape());
  }

  /**
   * Writes a table of embeddings: codes are gathered and then dequantized. A scale for each row is
   * gathered together with the codes.
   */
  void gather(MappedNode mapped, WeightCodes codes) {
    NodeProto node = mapped.node();
    int rank = codes.shape().length;
    boolean rows =
        node.getAttributeList().stream()
            .filter(attribute -> attribute.getName().equals("axis"))
            .allMatch(axis -> axis.getI() == 0 || axis.getI() == -rank);
    if (!rows || rank != 2) {
      throw mapped.bad(
          "gathers "
              + (rows ? "from a table of rank " + rank : "along another axis than the first")
              + ", and a quantized Gather looks up rows of a table [rows, columns]: skip its layer,"
              + " and it stays float");
    }
    if (blocks.filter(operators -> operators.lookUp(node, codes)).isPresent()) {
      return;
    }
    if (codes.block() > 0) {
      throw mapped.bad(
          "gathers from a table with block scales, which ONNX cannot gather; "
              + (blocks.isEmpty()
                  ? "write it with options.withBlockOperators(level), as GatherBlockQuantized of"
                      + " ONNX Runtime"
                  : "GatherBlockQuantized of ONNX Runtime takes integers of up to 4 bits, or of 8,"
                      + " with blocks of 16, 32, 64 and so on along the rows, not "
                      + codes.type()
                      + " with blocks of "
                      + codes.block()
                      + " along axis "
                      + codes.axis())
              + ", or describe the table per column, per row or per tensor");
    }
    if (codes.axis() == 0) {
      gatherRows(node, codes);
      return;
    }
    String name = node.getName() + "/table";
    WeightCodes bytes = codes.inBytes(); // ONNX gathers no 4-bit integers
    String table =
        graph.add(Tensors.of(name + "_quantized", bytes.type(), bytes.bytes(), bytes.shape()));
    String whole = node.getOutput(0);
    NodeProto gather = node.toBuilder().setInput(0, table).build();
    graph.replace(node, gather);
    String gathered = graph.divert(gather.getOutput(0), "/quantized");
    String value = dequantize(name, gathered, bytes, -1);
    rename(value, whole);
  }

  private void gatherRows(NodeProto node, WeightCodes codes) {
    WeightCodes bytes = codes.inBytes();
    long rows = codes.shape()[0];
    String name = node.getName() + "/table";
    String table =
        graph.add(Tensors.of(name + "_quantized", bytes.type(), bytes.bytes(), bytes.shape()));
    String whole = node.getOutput(0);
    String ids = node.getInput(1);
    NodeProto gather = node.toBuilder().setInput(0, table).build();
    graph.replace(node, gather);
    String gathered = graph.divert(gather.getOutput(0), "/quantized");
    String value = graph.add(name + "/Cast", "Cast", n -> toFloat(n.addInput(gathered)));
    if (bytes.zeroPoints().length > 0) {
      float[] zeros = new float[bytes.zeroPoints().length];
      for (int i = 0; i < zeros.length; i++) {
        zeros[i] = bytes.zeroPoints()[i];
      }
      String offsets = gathered(name + "_zero_points", zeros, rows, ids);
      String codesOnly = value;
      value = graph.add(name + "/Sub", "Sub", n -> n.addInput(codesOnly).addInput(offsets));
    }
    String scales = gathered(name + "_scales", bytes.scales(), rows, ids);
    String unscaled = value;
    rename(graph.add(name + "/Mul", "Mul", n -> n.addInput(unscaled).addInput(scales)), whole);
  }

  private String gathered(String name, float[] values, long rows, String ids) {
    String all = BlockScales.write(graph, name, values, rows, 1);
    return graph.add(name + "/Gather", "Gather", n -> n.addInput(all).addInput(ids));
  }

  private static NodeProto.Builder toFloat(NodeProto.Builder cast) {
    return cast.addAttribute(integer("to", ElementType.FLOAT.number()));
  }

  /** Gives the output of the node that yields a value another name. */
  private void rename(String value, String name) {
    NodeProto node = java.util.Objects.requireNonNull(graph.producer(value));
    graph.replace(node, node.toBuilder().setOutput(0, name).build());
  }

  /**
   * Writes the product of a value and a factor for each channel.
   *
   * @param inner the number of axes behind the channels
   */
  String multiply(String node, String value, INDArray factors, int inner) {
    float[] floats = DenseFloats.of(factors, node).copy();
    String key = "mul " + value + " " + inner + Arrays.toString(floats);
    return written.computeIfAbsent(
        key,
        k -> {
          long[] shape = new long[1 + inner];
          Arrays.fill(shape, 1);
          shape[0] = floats.length;
          String name = node + "/smooth";
          String scale = graph.add(Tensors.of(name + "_scale", floats, shape));
          return graph.add(name, "Mul", mul -> mul.addInput(value).addInput(scale));
        });
  }

  /** Declares that a value comes out of a pair with this scale. */
  void quantized(String value, ActivationScale scale) {
    quantized.put(value, scale);
  }

  /**
   * Writes QuantizeLinear and DequantizeLinear behind a value, and returns the result. What is
   * quantized with the same scale already stays as it is.
   */
  String activation(String name, String value, ActivationScale scale) {
    if (scale.equals(quantized.get(value))) {
      return value;
    }
    return written.computeIfAbsent("qdq " + value + " " + scale, key -> pair(name, value, scale));
  }

  /** Does the same as {@link #activation}, under a name that already exists. */
  void activationInto(String name, String value, ActivationScale scale) {
    rename(pair(name, value, scale), name);
  }

  private String pair(String name, String given, ActivationScale activation) {
    String value = activation.zero() ? zeros(name, given) : given;
    String scale = graph.add(Tensors.of(name + "_scale", new float[] {activation.scale()}));
    String zeroPoint =
        graph.add(
            Tensors.of(
                name + "_zero_point",
                activation.type(),
                new byte[] {(byte) activation.zeroPoint()}));
    String quantized =
        graph.add(
            name + "/" + QUANTIZE,
            QUANTIZE,
            node -> node.addInput(value).addInput(scale).addInput(zeroPoint));
    return graph.add(
        name + "/" + DEQUANTIZE,
        DEQUANTIZE,
        node -> node.addInput(quantized).addInput(scale).addInput(zeroPoint));
  }

  /** Writes zeros, because QuantizeLinear gives 0 for every number with no scale. */
  private String zeros(String name, String value) {
    String zero = graph.add(Tensors.of(name + "_zero", new float[] {0}));
    return graph.add(
        name + "/Clip", "Clip", clip -> clip.addInput(value).addInput(zero).addInput(zero));
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }
}
