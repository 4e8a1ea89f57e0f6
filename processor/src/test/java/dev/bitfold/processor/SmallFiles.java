package dev.bitfold.processor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.shade.protobuf.ByteString;

/** Small ONNX files, which the examples of the pages and the tests name. */
final class SmallFiles {
  private static final int FLOAT = 1;
  private static final int INT64 = 7;
  private static final int FLOAT16 = 10;

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("graph");

  /** Writes them all into a folder. */
  static void writeAll(Path folder) throws IOException {
    Files.write(folder.resolve("encoder.onnx"), encoder().bytes());
    Files.write(folder.resolve("cnn.onnx"), cnn().bytes());
    Files.write(folder.resolve("sums.onnx"), sums().bytes());
    Files.write(folder.resolve("quantized.onnx"), quantized().bytes());
    Files.writeString(folder.resolve("notes.onnx"), "This is a text.\n");
    Path beside = Files.createDirectories(folder.resolve("com/acme"));
    Files.write(beside.resolve("beside.onnx"), encoder().bytes());
  }

  /** Two layers of an encoder, with names as PyTorch exports them. */
  static SmallFiles encoder() {
    SmallFiles file = new SmallFiles();
    file.input("input_ids", INT64, "batch", "sequence");
    file.input("attention_mask", INT64, "batch", "sequence");
    file.weight("table", FLOAT, 10, 4);
    file.node("Gather", "/embeddings/Gather", "table", "input_ids");
    String x = "/embeddings/Gather_output";
    for (int i = 0; i < 2; i++) {
      String layer = "/encoder/layer." + i;
      file.weight(layer + "/qkv", FLOAT, 4, 4);
      file.node("MatMul", layer + "/attention/self/query/MatMul", x, layer + "/qkv");
      String query = layer + "/attention/self/query/MatMul_output";
      file.node("MatMul", layer + "/attention/self/MatMul", query, x);
      file.node("Softmax", layer + "/attention/self/Softmax", query);
      // The weight is stored as PyTorch has it, and turned.
      file.weight(layer + "/dense", FLOAT, 4, 4);
      file.node("Transpose", layer + "/output/dense/Transpose", layer + "/dense");
      file.node(
          "MatMul",
          layer + "/output/dense/MatMul",
          layer + "/attention/self/Softmax_output",
          layer + "/output/dense/Transpose_output");
      x = layer + "/output/dense/MatMul_output";
    }
    file.weight("half", FLOAT16, 4, 4);
    file.node("MatMul", "/half/MatMul", x, "half");
    file.weight("pooler", FLOAT, 4, 4);
    file.weight("pooler.bias", FLOAT, 4);
    file.node("Gemm", "/pooler/dense/Gemm", x, "pooler", "pooler.bias");
    return file;
  }

  /** A convolution behind another, whose weight is computed by the file. */
  static SmallFiles cnn() {
    SmallFiles file = new SmallFiles();
    file.input("pixel_values", FLOAT, "batch", "3", "8", "8");
    file.weight("w1", FLOAT, 4, 3, 3, 3);
    file.node("Conv", "/conv1/Conv", "pixel_values", "w1");
    file.node("Relu", "/relu/Relu", "/conv1/Conv_output");
    file.weight("w2", FLOAT, 108);
    file.weight("shape", INT64, 4);
    file.node("Reshape", "/conv2/Reshape", "w2", "shape");
    file.node("Conv", "/conv2/Conv", "/relu/Relu_output", "/conv2/Reshape_output");
    file.weight("w3", FLOAT, 4, 4, 2, 2);
    file.node("ConvTranspose", "/up/ConvTranspose", "/conv2/Conv_output", "w3");
    return file;
  }

  /** No node with weights. */
  static SmallFiles sums() {
    SmallFiles file = new SmallFiles();
    file.input("a", FLOAT, "4");
    file.input("b", FLOAT, "4");
    file.node("Add", "/Add", "a", "b");
    file.weight("half", FLOAT16, 4, 4);
    file.node("MatMul", "/half/MatMul", "/Add_output", "half");
    return file;
  }

  /** One node on codes. */
  static SmallFiles quantized() {
    SmallFiles file = encoder();
    file.node("DynamicQuantizeLinear", "/quantize", "input_ids");
    return file;
  }

  /** Adds a product with a weight of that shape. */
  SmallFiles layer(String name, long rows, long columns) {
    weight(name + ".weight", FLOAT, rows, columns);
    node("MatMul", name + "/MatMul", "table", name + ".weight");
    return this;
  }

  byte[] bytes() {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  private void input(String name, int type, String... sizes) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (String size : sizes) {
      TensorShapeProto.Dimension.Builder axis = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(
          Character.isDigit(size.charAt(0))
              ? axis.setDimValue(Long.parseLong(size))
              : axis.setDimParam(size));
    }
    graph.addInput(
        ValueInfoProto.newBuilder()
            .setName(name)
            .setType(
                TypeProto.newBuilder()
                    .setTensorType(
                        TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape))));
  }

  private void weight(String name, int type, long... shape) {
    long length = type == FLOAT ? 4 : type == INT64 ? 8 : 2;
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type);
    for (long size : shape) {
      tensor.addDims(size);
      length *= size;
    }
    graph.addInitializer(tensor.setRawData(ByteString.copyFrom(new byte[(int) length])));
  }

  private void node(String operator, String name, String... inputs) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(operator)
            .setName(name)
            .addAllInput(List.of(inputs))
            .addOutput(name + "_output")
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("doc")
                    .setType(AttributeProto.AttributeType.INTS)
                    .addInts(1)));
  }
}
