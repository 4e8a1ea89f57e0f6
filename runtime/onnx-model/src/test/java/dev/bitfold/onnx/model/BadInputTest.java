package dev.bitfold.onnx.model;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.floats;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.onnx.file.OnnxException;
import java.util.List;
import java.util.Map;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What a file or a batch can be wrong in is one sentence. */
class BadInputTest {
  private static GraphBuilder dense() {
    return GraphBuilder.of(17)
        .seed(1)
        .input("x", FLOAT, "n", 4)
        .weight("w", 4, 3)
        .node(node("MatMul", "fc", List.of("x", "w"), "y"))
        .output("y", FLOAT);
  }

  private static String refused(Map<String, INDArray> feed) throws Exception {
    try (OnnxModel model = OnnxModel.from(dense().bytes()).open()) {
      return String.valueOf(
          assertThrows(OnnxException.class, () -> model.forward(feed)).getMessage());
    }
  }

  @Test
  void aMissingInputIsNamed() throws Exception {
    assertEquals(
        "the model: needs the input x float32 [?, 4], and the batch holds []", refused(Map.of()));
  }

  @Test
  void anotherNameIsAnsweredWithANearOne() throws Exception {
    INDArray x = Nd4j.ones(2, 4);
    assertEquals("the model: has no input 'X'; did you mean 'x'?", refused(Map.of("X", x)));
  }

  @Test
  void anotherShapeAndTypeAreNamed() throws Exception {
    assertEquals(
        "the model: takes the input x float32 [?, 4], and the batch holds FLOAT [2, 5]",
        refused(Map.of("x", Nd4j.ones(2, 5))));
    assertEquals(
        "the model: takes the input x float32 [?, 4], and the batch holds LONG [4]; cast it, or let"
            + " Feeds.fit do it",
        refused(Map.of("x", Nd4j.createFromArray(1L, 2L, 3L, 4L))));
  }

  @Test
  void notANumberIsRefused() throws Exception {
    INDArray x = Nd4j.ones(2, 4).putScalar(1, 2, Float.NaN);
    assertEquals(
        "the model: is fed NaN or infinity in the input x; remove it", refused(Map.of("x", x)));
  }

  @Test
  void aClosedModelSaysSo() throws Exception {
    OnnxModel model = OnnxModel.from(dense().bytes()).open();
    model.close();
    model.close();
    assertEquals(
        "the model: the model was closed; open it anew, and close it when its last use has ended",
        assertThrows(OnnxException.class, () -> model.forward(Map.of("x", Nd4j.ones(2, 4))))
            .getMessage());
  }

  @Test
  void aFileWithoutLayersHasTheReasonOfEachNode() throws Exception {
    byte[] file =
        GraphBuilder.of(17)
            .seed(1)
            .input("a", FLOAT, 3, 4)
            .input("b", FLOAT, 4, 3)
            .node(node("MatMul", "product", List.of("a", "b"), "y"))
            .output("y", FLOAT)
            .bytes();
    try (OnnxModel model = OnnxModel.from(file).open()) {
      assertEquals(
          "the model: has no layer to quantize: product (MatMul): its weight b is an input that"
              + " callers feed",
          assertThrows(OnnxException.class, model::plan).getMessage());
    }
  }

  @Test
  void aQuantizedFileIsRefused() {
    byte[] file =
        dense()
            .constant(floats("scale", new float[] {0.1f}))
            .node(node("QuantizeLinear", "q", List.of("y", "scale"), "z"))
            .output("z", TensorProto.DataType.UINT8_VALUE)
            .bytes();
    assertEquals(
        "the model: is quantized already: node q is QuantizeLinear; take the float file that it was"
            + " made from",
        assertThrows(OnnxException.class, () -> OnnxModel.from(file).open()).getMessage());
  }

  @Test
  void anUnknownOutputIsAnsweredWithANearOne() {
    assertEquals(
        "the model: has no output 'z'; did you mean 'y'?",
        assertThrows(OnnxException.class, () -> OnnxModel.from(dense().bytes()).output("z").open())
            .getMessage());
  }
}
