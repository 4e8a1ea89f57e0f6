package dev.bitfold.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxWeights;
import onnx.Onnx.GraphProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.protobuf.ByteString;

class OnnxWeightsTest {
  private static OnnxWeights with(TensorProto.Builder... tensors) {
    GraphProto.Builder graph = GraphProto.newBuilder();
    for (TensorProto.Builder tensor : tensors) {
      graph.addInitializer(tensor);
    }
    graph.addNode(Models.node("Relu", "/relu", "y", "x"));
    return OnnxWeights.of("file.onnx", Models.model(13, graph).toByteArray());
  }

  private static TensorProto.Builder tensor(int type, long... shape) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName("t").setDataType(type);
    for (long size : shape) {
      tensor.addDims(size);
    }
    return tensor;
  }

  private static String refusal(TensorProto.Builder tensor) {
    OnnxWeights file = with(tensor);
    return assertThrows(OnnxException.class, () -> file.tensor("t")).getMessage();
  }

  @Test
  void readsEveryTypeRawAndTyped() {
    ByteString halves = ByteString.copyFrom(new byte[] {0, 0x3c, 0, (byte) 0xc4, 1, 0});
    INDArray half = with(tensor(10, 3).setRawData(halves)).tensor("t");
    assertEquals(DataType.FLOAT16, half.dataType());
    assertArrayEquals(new float[] {1, -4, 5.9604645e-8f}, half.toFloatVector());
    assertArrayEquals(
        new float[] {1, -4},
        with(tensor(10, 2).addInt32Data(0x3c00).addInt32Data(0xc400)).tensor("t").toFloatVector());
    assertArrayEquals(
        new float[] {1.5f, -2},
        with(tensor(1, 2).addFloatData(1.5f).addFloatData(-2)).tensor("t").toFloatVector());
    INDArray twice = with(tensor(11, 1, 2).addDoubleData(0.1).addDoubleData(-7)).tensor("t");
    assertEquals(DataType.DOUBLE, twice.dataType());
    assertEquals(0.1, twice.getDouble(0, 0), 0);
    assertArrayEquals(new long[] {1, 2}, twice.shape());
    INDArray bytes =
        with(tensor(3, 2).setRawData(ByteString.copyFrom(new byte[] {-128, 5}))).tensor("t");
    assertEquals(DataType.INT8, bytes.dataType());
    assertEquals(-128, bytes.getInt(0));
    INDArray unsigned =
        with(tensor(2, 2).setRawData(ByteString.copyFrom(new byte[] {-1, 5}))).tensor("t");
    assertEquals(DataType.UINT8, unsigned.dataType());
    assertEquals(255, unsigned.getInt(0));
    assertEquals(1L << 40, with(tensor(7).addInt64Data(1L << 40)).tensor("t").getLong(0));
    assertEquals(0, with(tensor(1, 0)).tensor("t").length());
  }

  @Test
  void refusesWhatDoesNotFitItsShape() {
    assertTrue(refusal(tensor(1, 3).addFloatData(1)).contains("holds fewer values"));
    assertTrue(refusal(tensor(1, 1L << 40)).contains("impossible shape"));
    assertTrue(refusal(tensor(1, 1 << 20, 1 << 20, 1 << 20)).contains("impossible shape"));
    assertTrue(refusal(tensor(1, -3)).contains("impossible shape"));
    assertTrue(refusal(tensor(77, 3)).contains("element type 77"));
    assertTrue(
        refusal(
                tensor(1, 3)
                    .addExternalData(
                        StringStringEntryProto.newBuilder().setKey("location").setValue("other")))
            .contains("is kept in another file"));
  }

  @Test
  void findsWeightsByTheNodeThatReadsThem() {
    Net net =
        new Net(
            new Linear(Models.random(1, 4, 3), Models.random(2, 3)),
            new Linear(Models.random(3, 3, 2), Models.random(4, 2)));
    GraphProto.Builder graph = Models.net(net);
    graph.addInitializer(Models.tensor("turned", net.second().weight().transpose()));
    graph.getNodeBuilder(2).setInput(1, "back");
    graph.addNode(Models.node("Transpose", "", "back", "turned"));
    OnnxWeights file = OnnxWeights.of("net.onnx", Models.model(13, graph).toByteArray());
    assertEquals(net.first().weight(), file.weights("/first/MatMul"));
    assertEquals(net.first().bias(), file.weights("/first/Add"));
    assertEquals(net.second().weight(), file.matrix("/second/MatMul"));
    assertEquals(
        "net.onnx: has no node /third",
        assertThrows(OnnxException.class, () -> file.weights("/third")).getMessage());
  }

  @Test
  void refusesWhatIsNoModel() {
    for (byte[] bytes : new byte[][] {{}, {1, 2, 3}, "hello, world".getBytes(), new byte[4096]}) {
      assertTrue(
          assertThrows(OnnxException.class, () -> OnnxWeights.of("no.onnx", bytes))
              .getMessage()
              .startsWith("no.onnx: is "));
    }
  }

  @Test
  void endsWhereIdentitiesGoInCircles() {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addNode(Models.node("Identity", "/a", "a", "b"))
            .addNode(Models.node("Identity", "/b", "b", "a"))
            .addNode(Models.node("Relu", "/relu", "y", "a"));
    OnnxWeights file = OnnxWeights.of("circle.onnx", Models.model(13, graph).toByteArray());
    assertTrue(
        assertThrows(OnnxException.class, () -> file.weights("/relu"))
            .getMessage()
            .contains("cycle"));
  }
}
