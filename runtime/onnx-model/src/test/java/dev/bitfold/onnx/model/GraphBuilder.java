package dev.bitfold.onnx.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
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
import org.nd4j.shade.protobuf.ByteString;

/** Writes small ONNX models with the protobuf classes alone. */
public final class GraphBuilder {
  public static final int FLOAT = 1;
  public static final int INT8 = 3;
  public static final int INT32 = 6;
  public static final int INT64 = 7;
  public static final int BOOL = 9;
  public static final int FLOAT16 = 10;

  private Random random = new Random(1);
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("graph");
  private final ModelProto.Builder model = ModelProto.newBuilder();

  private GraphBuilder() {}

  /** A graph of that version of the operators. */
  public static GraphBuilder of(long opset) {
    GraphBuilder builder = new GraphBuilder();
    builder
        .model
        .setIrVersion(opset < 21 ? 8 : 10)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset));
    return builder;
  }

  /** Begins weights anew. */
  public GraphBuilder seed(long seed) {
    random = new Random(seed);
    return this;
  }

  public GraphBuilder domain(String domain) {
    model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(1));
    return this;
  }

  public GraphBuilder irVersion(long version) {
    model.setIrVersion(version);
    return this;
  }

  /** An input; sizes are numbers or names. */
  public GraphBuilder input(String name, int type, Object... sizes) {
    graph.addInput(value(name, type, sizes));
    return this;
  }

  public GraphBuilder output(String name, int type) {
    graph.addOutput(untyped(name, type));
    return this;
  }

  public GraphBuilder node(NodeProto.Builder node) {
    graph.addNode(node);
    return this;
  }

  public GraphBuilder constant(TensorProto tensor) {
    graph.addInitializer(tensor);
    return this;
  }

  /** Normal values, divided by the root of the last size. */
  public GraphBuilder weight(String name, long... shape) {
    return constant(floats(name, normal(shape), shape));
  }

  /** As {@link #weight}, in half precision. */
  public GraphBuilder half(String name, long... shape) {
    float[] values = normal(shape);
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putShort(ai.onnxruntime.platform.Fp16Conversions.floatToFp16(value));
    }
    return constant(tensor(name, FLOAT16, bytes.array(), shape));
  }

  public float[] normal(long... shape) {
    int length = 1;
    for (long size : shape) {
      length *= (int) size;
    }
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt((double) shape[shape.length - 1]));
    }
    return values;
  }

  public ModelProto model() {
    return model.setGraph(graph).build();
  }

  public byte[] bytes() {
    return model().toByteArray();
  }

  /** The graph alone, as a body of a node. */
  public GraphProto body(String name) {
    return graph.setName(name).build();
  }

  public static NodeProto.Builder node(
      String operation, String name, List<String> inputs, String... outputs) {
    return NodeProto.newBuilder()
        .setOpType(operation)
        .setName(name)
        .addAllInput(inputs)
        .addAllOutput(Arrays.asList(outputs));
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

  public static AttributeProto integers(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    Arrays.stream(values).forEach(attribute::addInts);
    return attribute.build();
  }

  public static AttributeProto reals(String name, float... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.FLOATS);
    for (float value : values) {
      attribute.addFloats(value);
    }
    return attribute.build();
  }

  public static AttributeProto graph(String name, GraphProto body) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.GRAPH)
        .setG(body)
        .build();
  }

  public static AttributeProto tensor(String name, TensorProto value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.TENSOR)
        .setT(value)
        .build();
  }

  public static TensorProto floats(String name, float[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return tensor(name, FLOAT, bytes.array(), shape);
  }

  /** Integers of 64 bits; without a shape, a vector. */
  public static TensorProto longs(String name, long... values) {
    return longScalarOrVector(name, values, values.length);
  }

  public static TensorProto longScalar(String name, long value) {
    return longScalarOrVector(name, new long[] {value});
  }

  private static TensorProto longScalarOrVector(String name, long[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return tensor(name, INT64, bytes.array(), shape);
  }

  public static TensorProto tensor(String name, int type, byte[] bytes, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type)
            .setRawData(ByteString.copyFrom(bytes));
    Arrays.stream(shape).forEach(tensor::addDims);
    return tensor.build();
  }

  public static ValueInfoProto value(String name, int type, Object... sizes) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object size : sizes) {
      TensorShapeProto.Dimension.Builder dim = shape.addDimBuilder();
      if (size instanceof Number number) {
        dim.setDimValue(number.longValue());
      } else {
        dim.setDimParam(size.toString());
      }
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
        .build();
  }

  public static ValueInfoProto untyped(String name, int type) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder().setTensorType(TypeProto.Tensor.newBuilder().setElemType(type)))
        .build();
  }
}
