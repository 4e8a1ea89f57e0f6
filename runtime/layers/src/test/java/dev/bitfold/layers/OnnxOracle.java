package dev.bitfold.layers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import onnx.Onnx;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** ONNX Runtime, given a model of a single node. */
final class OnnxOracle {
  private OnnxOracle() {}

  /** The output of an operator whose first input is x and whose others are constants. */
  static INDArray run(
      String op, Map<String, Object> attributes, INDArray x, INDArray... constants) {
    try {
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      try (OrtSession session = environment.createSession(model(op, attributes, x, constants));
          OnnxTensor input =
              OnnxTensor.createTensor(environment, FloatBuffer.wrap(floats(x)), x.shape());
          OrtSession.Result result = session.run(Map.of("x", input))) {
        OnnxTensor y = (OnnxTensor) result.get(0);
        float[] values = new float[y.getFloatBuffer().remaining()];
        y.getFloatBuffer().get(values);
        return Nd4j.createFromArray(values).reshape(y.getInfo().getShape());
      }
    } catch (OrtException e) {
      throw new AssertionError(e);
    }
  }

  static float[] floats(INDArray x) {
    return x.dup('c').data().asFloat();
  }

  private static byte[] model(
      String op, Map<String, Object> attributes, INDArray x, INDArray... constants) {
    Onnx.NodeProto.Builder node =
        Onnx.NodeProto.newBuilder().setOpType(op).addInput("x").addOutput("y");
    Onnx.GraphProto.Builder graph = Onnx.GraphProto.newBuilder().setName("oracle");
    for (int i = 0; i < constants.length; i++) {
      node.addInput("c" + i);
      graph.addInitializer(constant("c" + i, constants[i]));
    }
    attributes.forEach((name, value) -> node.addAttribute(attribute(name, value)));
    graph.addNode(node).addInput(value("x", x.rank())).addOutput(value("y", x.rank()));
    return Onnx.ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(Onnx.OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  private static Onnx.TensorProto constant(String name, INDArray x) {
    Onnx.TensorProto.Builder tensor =
        Onnx.TensorProto.newBuilder()
            .setName(name)
            .setDataType(Onnx.TensorProto.DataType.FLOAT_VALUE);
    for (float number : floats(x)) {
      tensor.addFloatData(number);
    }
    for (long size : x.shape()) {
      tensor.addDims(size);
    }
    return tensor.build();
  }

  private static Onnx.ValueInfoProto value(String name, int rank) {
    Onnx.TensorShapeProto.Builder shape = Onnx.TensorShapeProto.newBuilder();
    for (int i = 0; i < rank; i++) {
      shape.addDim(Onnx.TensorShapeProto.Dimension.newBuilder().setDimParam(name + i));
    }
    return Onnx.ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            Onnx.TypeProto.newBuilder()
                .setTensorType(
                    Onnx.TypeProto.Tensor.newBuilder()
                        .setElemType(Onnx.TensorProto.DataType.FLOAT_VALUE)
                        .setShape(shape)))
        .build();
  }

  private static Onnx.AttributeProto attribute(String name, Object value) {
    Onnx.AttributeProto.Builder attribute = Onnx.AttributeProto.newBuilder().setName(name);
    if (value instanceof Integer number) {
      return attribute.setType(Onnx.AttributeProto.AttributeType.INT).setI(number).build();
    }
    if (value instanceof Float number) {
      return attribute.setType(Onnx.AttributeProto.AttributeType.FLOAT).setF(number).build();
    }
    List<Long> numbers = new ArrayList<>();
    for (int number : (int[]) value) {
      numbers.add((long) number);
    }
    return attribute.setType(Onnx.AttributeProto.AttributeType.INTS).addAllInts(numbers).build();
  }
}
