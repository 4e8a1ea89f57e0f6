package dev.bitfold.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import onnx.Onnx;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.shade.protobuf.ByteString;

/** ONNX files of a few nodes. */
final class SmallModels {
  private static final int FLOAT = 1;
  private static final int INT64 = 7;

  private SmallModels() {}

  /** y = x W, x of shape [?, 2]. */
  static Path product(Path file, float... weight) throws IOException {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(value("x", FLOAT, -1, 2))
            .addOutput(value("y", FLOAT, -1, weight.length / 2))
            .addInitializer(floats("w", new long[] {2, weight.length / 2}, weight))
            .addNode(node("MatMul", "y", "x", "w"));
    return write(file, graph);
  }

  /**
   * The vectors of tokens, of a table of 4 rows and 3 columns.
   *
   * @param largest whether the largest value of the batch is taken from them, so that a text
   *     depends on the others
   */
  static Path tokens(Path file, boolean largest) throws IOException {
    float[] table = {1, 2, 3, -1, 0.5f, 4, 7, 8, -9, 0.25f, 0, 1};
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(value("input_ids", INT64, -1, -1))
            .addInput(value("attention_mask", INT64, -1, -1))
            .addOutput(value("last_hidden_state", FLOAT, -1, -1, 3))
            .addInitializer(floats("table", new long[] {4, 3}, table))
            .addNode(node("Gather", "rows", "table", "input_ids"))
            .addNode(cast("attention_mask", "floats"))
            .addNode(unsqueeze("floats", "mask"))
            .addNode(node("Mul", largest ? "kept" : "last_hidden_state", "rows", "mask"));
    if (largest) {
      graph
          .addNode(
              NodeProto.newBuilder()
                  .setOpType("ReduceMax")
                  .setName("ReduceMax")
                  .addInput("kept")
                  .addOutput("max")
                  .addAttribute(
                      AttributeProto.newBuilder()
                          .setName("keepdims")
                          .setType(AttributeProto.AttributeType.INT)
                          .setI(0)))
          .addNode(node("Sub", "last_hidden_state", "kept", "max"));
    }
    return write(file, graph);
  }

  private static NodeProto cast(String from, String to) {
    return node("Cast", to, from).toBuilder()
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("to")
                .setType(AttributeProto.AttributeType.INT)
                .setI(FLOAT))
        .build();
  }

  private static NodeProto unsqueeze(String from, String to) {
    return node("Unsqueeze", to, from).toBuilder()
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("axes")
                .setType(AttributeProto.AttributeType.INTS)
                .addInts(2))
        .build();
  }

  static NodeProto node(String op, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .setName(output + "/" + op)
        .addOutput(output)
        .addAllInput(List.of(inputs))
        .build();
  }

  static TensorProto floats(String name, long[] shape, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(FLOAT)
            .setRawData(ByteString.copyFrom(bytes));
    for (long size : shape) {
      tensor.addDims(size);
    }
    return tensor.build();
  }

  static ValueInfoProto value(String name, int type, long... shape) {
    Onnx.TensorShapeProto.Builder sizes = Onnx.TensorShapeProto.newBuilder();
    for (int axis = 0; axis < shape.length; axis++) {
      sizes.addDim(
          shape[axis] < 0
              ? Onnx.TensorShapeProto.Dimension.newBuilder().setDimParam("d" + axis)
              : Onnx.TensorShapeProto.Dimension.newBuilder().setDimValue(shape[axis]));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            Onnx.TypeProto.newBuilder()
                .setTensorType(
                    Onnx.TypeProto.Tensor.newBuilder().setElemType(type).setShape(sizes)))
        .build();
  }

  static Path write(Path file, GraphProto.Builder graph) throws IOException {
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(7)
            .setGraph(graph.setName("small"))
            .addOpsetImport(Onnx.OperatorSetIdProto.newBuilder().setVersion(12))
            .build();
    return Files.write(file, model.toByteArray());
  }
}
