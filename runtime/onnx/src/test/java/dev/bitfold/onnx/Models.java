package dev.bitfold.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
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
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.protobuf.ByteString;

/** Small ONNX models, written with protobuf alone, and ONNX Runtime. */
public final class Models {
  private Models() {}

  public static INDArray random(long seed, long... shape) {
    Random random = new Random(seed);
    INDArray values = Nd4j.create(shape);
    for (long i = 0; i < values.length(); i++) {
      values.putScalar(i, (float) random.nextGaussian());
    }
    return values;
  }

  /** Inputs with one channel of outliers, as smoothing wants them. */
  public static INDArray outliers(long seed, long rows, long columns) {
    INDArray x = random(seed, rows, columns);
    x.getColumn(3).muli(20);
    return x;
  }

  public static TensorProto tensor(String name, INDArray values) {
    INDArray dense = values.dup('c');
    java.nio.ByteBuffer bytes =
        java.nio.ByteBuffer.allocate((int) dense.length() * 4)
            .order(java.nio.ByteOrder.LITTLE_ENDIAN);
    for (float value : dense.reshape(dense.length()).toFloatVector()) {
      bytes.putFloat(value);
    }
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(1)
            .setRawData(ByteString.copyFrom(bytes.array()));
    for (long size : dense.shape()) {
      tensor.addDims(size);
    }
    return tensor.build();
  }

  public static NodeProto.Builder node(
      String operation, String name, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(operation)
        .setName(name)
        .addOutput(output)
        .addAllInput(java.util.List.of(inputs));
  }

  public static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  public static AttributeProto real(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  public static AttributeProto text(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  /** A vector of 64-bit integers. */
  public static TensorProto longs(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(7).addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    return tensor.build();
  }

  /** A graph's input or output of an element type of ONNX. */
  public static ValueInfoProto typed(String name, int type, long... shape) {
    ValueInfoProto.Builder value = value(name, shape).toBuilder();
    value.getTypeBuilder().getTensorTypeBuilder().setElemType(type);
    return value.build();
  }

  public static AttributeProto integers(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  public static ValueInfoProto value(String name, long... shape) {
    TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
    for (long size : shape) {
      TensorShapeProto.Dimension.Builder dim = dims.addDimBuilder();
      if (size < 0) {
        dim.setDimParam("n" + dims.getDimCount());
      } else {
        dim.setDimValue(size);
      }
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(1).setShape(dims)))
        .build();
  }

  public static ModelProto model(long opset, GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(6)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
        .setGraph(graph.setName("test"))
        .build();
  }

  /** Two MatMuls with their biases, as PyTorch's exporter names them. */
  public static GraphProto.Builder net(Net net) {
    return GraphProto.newBuilder()
        .addInput(value("x", -1, net.first().weight().size(0)))
        .addOutput(value("y", -1, net.second().weight().size(1)))
        .addInitializer(tensor("onnx::MatMul_1", net.first().weight()))
        .addInitializer(tensor("first.bias", net.first().bias()))
        .addInitializer(tensor("onnx::MatMul_2", net.second().weight()))
        .addInitializer(tensor("second.bias", net.second().bias()))
        .addNode(node("MatMul", "/first/MatMul", "a", "x", "onnx::MatMul_1"))
        .addNode(node("Add", "/first/Add", "b", "first.bias", "a"))
        .addNode(node("MatMul", "/second/MatMul", "c", "b", "onnx::MatMul_2"))
        .addNode(node("Add", "/second/Add", "y", "second.bias", "c"));
  }

  /**
   * Runs a file of one input x and one output y. For int4 blocks ONNX Runtime would quantize the
   * float inputs, too, if it were allowed to.
   */
  public static INDArray run(Path file, INDArray x) throws OrtException {
    return run(file, x, "session.qdq_matmulnbits_accuracy_level", "1");
  }

  public static INDArray run(Path file, INDArray x, String key, String setting)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.addConfigEntry(key, setting);
    try (options;
        OrtSession session = environment.createSession(file.toString(), options);
        OnnxTensor input =
            OnnxTensor.createTensor(
                environment,
                FloatBuffer.wrap(x.dup('c').reshape(x.length()).toFloatVector()),
                x.shape());
        OrtSession.Result result = session.run(Map.of("x", input))) {
      OnnxTensor y = (OnnxTensor) result.get(0);
      float[] values = new float[y.getFloatBuffer().remaining()];
      y.getFloatBuffer().get(values);
      return Nd4j.createFromArray(values).reshape(y.getInfo().getShape());
    }
  }

  public static double distance(INDArray a, INDArray b) {
    return a.sub(b).norm2Number().doubleValue() / b.norm2Number().doubleValue();
  }
}
