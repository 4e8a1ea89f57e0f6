package dev.bitfold.onnx.file;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.onnx.file.OnnxInfo.QuantizedNode;
import java.util.List;
import java.util.Map;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.junit.jupiter.api.Test;

/** Describes files whose contents the test puts together. */
class OnnxInfoTest {
  private static NodeProto node(String operation, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(operation)
        .setName("/" + output)
        .addOutput(output)
        .addAllInput(List.of(inputs))
        .build();
  }

  private static TensorProto codes(String name, ElementType type, long... shape) {
    return Tensors.of(name, type, new byte[(int) type.bytes(Tensors.length(shape))], shape);
  }

  private static GraphProto.Builder graph() {
    return GraphProto.newBuilder()
        .addInitializer(codes("w", ElementType.INT8, 3, 2))
        .addInitializer(codes("ids", ElementType.INT64, 3))
        .addInitializer(codes("zero", ElementType.INT8))
        .addInitializer(Tensors.of("s", new float[] {1, 2}, 2))
        .addInitializer(Tensors.of("f", new float[6], 3, 2));
  }

  private static List<QuantizedNode> find(NodeProto... nodes) {
    return new QuantizedNodes("m.onnx", graph().addAllNode(List.of(nodes)).build()).find();
  }

  private static QuantizedNode of(
      String name, String operator, String input, String weight, long scales) {
    return new QuantizedNode(name, operator, input, weight, List.of(3L, 2L), scales);
  }

  @Test
  void aWeightBehindDequantizeLinearIsFound() {
    NodeProto back = node("DequantizeLinear", "back", "w", "s");
    NodeProto product = node("MatMul", "y", "x", "turned");
    NodeProto turned = node("Transpose", "turned", "back");
    assertEquals(List.of(of("/y", "MatMul", "FLOAT", "INT8", 2)), find(back, turned, product));
    NodeProto quantize = node("QuantizeLinear", "q", "x", "s", "zero");
    NodeProto of = node("DequantizeLinear", "dx", "q", "s");
    NodeProto both = node("Gemm", "y", "dx", "back");
    assertEquals(List.of(of("/y", "Gemm", "INT8", "INT8", 2)), find(back, quantize, of, both));
    assertEquals(
        List.of(of("/y", "Gemm", "UINT8", "INT8", 2)),
        find(back, node("QuantizeLinear", "q", "x", "s"), of, both));
    assertEquals(
        List.of(of("/y", "Gemm", "UINT8, dynamic", "INT8", 2)),
        find(back, node("DynamicQuantizeLinear", "q", "x"), of, both));
    assertEquals(
        List.of(of("/y", "Gemm", "?", "INT8", 2)), find(back, node("Relu", "q", "x"), of, both));
    assertEquals(List.of(of("/y", "Gemm", "?", "INT8", 2)), find(back, of, both));
    assertEquals(
        List.of(of("/y", "MatMul", "FLOAT", "INT8", 0)),
        find(node("DequantizeLinear", "back", "w", "elsewhere"), node("MatMul", "y", "x", "back")));
    assertEquals(List.of(), find(node("MatMul", "y", "x", "f")));
    assertEquals(List.of(), find(node("MatMul", "y", "x")));
    assertEquals(
        List.of(),
        find(node("DequantizeLinear", "back", "x", "s"), node("MatMul", "y", "x", "back")));
    assertEquals(
        List.of(), find(node("DequantizeLinear", "back", "w"), node("MatMul", "y", "x", "back")));
    assertEquals(List.of(), find(back, node("Relu", "y", "back")));
    // A circle of nodes that only rearrange.
    assertEquals(
        List.of(),
        find(node("Reshape", "a", "b"), node("Reshape", "b", "a"), node("MatMul", "y", "x", "a")));
  }

  @Test
  void anOperatorOfCodesIsFound() {
    NodeProto dynamic = node("DynamicQuantizeLinear", "q", "x");
    assertEquals(
        List.of(of("/y", "MatMulInteger", "UINT8, dynamic", "INT8", 0)),
        find(dynamic, node("MatMulInteger", "y", "q", "w")));
    NodeProto static8 = node("QuantizeLinear", "q", "x", "s", "zero");
    assertEquals(
        List.of(of("/y", "QLinearMatMul", "INT8", "INT8", 2)),
        find(static8, node("QLinearMatMul", "y", "q", "s", "zero", "w", "s", "zero")));
    assertEquals(
        List.of(of("/y", "QLinearConv", "INT8", "INT8", 0)),
        find(static8, node("QLinearConv", "y", "q", "s", "zero", "w")));
    assertEquals(
        List.of(of("/y", "Gather", "indices", "INT8", 0)), find(node("Gather", "y", "w", "ids")));
    assertEquals(
        List.of(of("/y", "MatMulNBits", "FLOAT", "INT8", 0)),
        find(node("MatMulNBits", "y", "x", "w", "s")));
    assertEquals(
        List.of(of("/y", "DynamicQuantizeMatMul", "UINT8, dynamic", "INT8", 0)),
        find(node("DynamicQuantizeMatMul", "y", "x", "w", "s")));
    assertEquals(List.of(), find(node("Gather", "y", "ids", "x")), "no codes");
    assertEquals(List.of(), find(node("MatMulInteger", "y", "q")));
    assertEquals(List.of(), find(node("MatMulInteger", "y", "q", "x")));
    NodeProto constant =
        node("Constant", "c").toBuilder()
            .addAttribute(AttributeProto.newBuilder().setT(codes("c", ElementType.UINT8, 3, 2)))
            .build();
    assertEquals(
        List.of(of("/y", "ConvInteger", "?", "UINT8", 0)),
        find(constant, node("ConvInteger", "y", "x", "c")));
  }

  private static ValueInfoProto value(String name, int type, TensorShapeProto.Dimension... sizes) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(type)
                        .setShape(TensorShapeProto.newBuilder().addAllDim(List.of(sizes)))))
        .build();
  }

  @Test
  void aFileIsDescribed() {
    var size = TensorShapeProto.Dimension.newBuilder();
    GraphProto inner =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("inner", new float[] {Float.NaN}, 1))
            .addNode(node("Add", "i", "x", "inner"))
            .build();
    NodeProto branch =
        node("If", "z", "b").toBuilder()
            .addAttribute(AttributeProto.newBuilder().setName("then_branch").setG(inner))
            .addAttribute(AttributeProto.newBuilder().setName("more").addGraphs(inner))
            .build();
    NodeProto foreign = node("Gelu", "y", "x").toBuilder().setDomain("com.microsoft").build();
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(8)
            .setProducerName("somebody")
            .setProducerVersion("2.1")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain("com.microsoft").setVersion(1))
            .setGraph(
                graph()
                    .addInput(
                        value(
                            "x",
                            1,
                            size.clone().setDimValue(3).build(),
                            size.clone().setDimParam("batch").build(),
                            size.clone().build()))
                    .addInput(value("w", 3))
                    .addOutput(ValueInfoProto.newBuilder().setName("y"))
                    .addNode(foreign)
                    .addNode(branch))
            .build();
    byte[] bytes = model.toByteArray();

    OnnxInfo info = OnnxInfo.of("m.onnx", bytes);

    assertEquals("m.onnx", info.name());
    assertEquals(bytes.length, info.bytes());
    assertEquals(8, info.irVersion());
    assertEquals("somebody 2.1", info.producer());
    assertEquals(Map.of("ai.onnx", 17L, "com.microsoft", 1L), info.opsets());
    assertEquals(
        List.of(new OnnxInfo.Value("x", "FLOAT", List.of("3", "batch", "?"))), info.inputs());
    assertEquals(List.of(new OnnxInfo.Value("y", "no tensor", List.of())), info.outputs());
    assertEquals(4, info.nodes());
    assertEquals(Map.of("Add", 2, "If", 1, "com.microsoft.Gelu", 1), info.operators());
    assertEquals(List.of(), info.quantized());
    assertEquals(7, info.initializers().size());
    assertEquals(
        new OnnxInfo.Initializer("w", "INT8", List.of(3L, 2L), 6, false, 0),
        info.initializers().get(0));
    assertEquals(
        new OnnxInfo.Initializer("inner", "FLOAT", List.of(1L), 4, false, 1),
        info.initializers().get(6));
  }
}
