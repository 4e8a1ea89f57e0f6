package dev.bitfold.onnx.model;

import dev.bitfold.onnx.file.Tensors;
import java.util.List;
import java.util.Random;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;

/** A small graph that is being built. */
final class TestGraph {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
  private final Random random;
  private long opset = 17;

  TestGraph(long seed) {
    this.random = new Random(seed);
  }

  TestGraph opset(long version) {
    this.opset = version;
    return this;
  }

  /** An input of float32; a size of -1 is free. */
  TestGraph input(String name, long... shape) {
    return input(name, TensorProto.DataType.FLOAT, shape);
  }

  TestGraph input(String name, TensorProto.DataType type, long... shape) {
    graph.addInput(value(name, type, shape));
    return this;
  }

  TestGraph output(String name) {
    graph.addOutput(ValueInfoProto.newBuilder().setName(name));
    return this;
  }

  private static ValueInfoProto value(String name, TensorProto.DataType type, long... shape) {
    TensorShapeProto.Builder sizes = TensorShapeProto.newBuilder();
    for (int i = 0; i < shape.length; i++) {
      TensorShapeProto.Dimension.Builder size = sizes.addDimBuilder();
      if (shape[i] < 0) {
        size.setDimParam(name + i);
      } else {
        size.setDimValue(shape[i]);
      }
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(sizes)))
        .build();
  }

  /** A constant of normal values. */
  TestGraph weight(String name, long... shape) {
    int length = 1;
    for (long size : shape) {
      length = Math.toIntExact(length * size);
    }
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * 0.3);
    }
    return constant(Tensors.of(name, values, shape));
  }

  TestGraph constant(TensorProto tensor) {
    graph.addInitializer(tensor);
    return this;
  }

  TestGraph constant(String name, float value) {
    return constant(Tensors.of(name, new float[] {value}));
  }

  TestGraph node(
      String name, String operator, List<String> inputs, String output, AttributeProto... with) {
    return node(
        NodeProto.newBuilder()
            .setName(name)
            .setOpType(operator)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(List.of(with))
            .build());
  }

  TestGraph node(NodeProto node) {
    graph.addNode(node);
    return this;
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto number(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  static AttributeProto integers(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  static AttributeProto text(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(org.nd4j.shade.protobuf.ByteString.copyFromUtf8(value))
        .build();
  }

  ModelProto model() {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
        .setGraph(graph)
        .build();
  }

  byte[] bytes() {
    return model().toByteArray();
  }
}
