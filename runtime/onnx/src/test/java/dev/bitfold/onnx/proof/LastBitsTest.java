package dev.bitfold.onnx.proof;

import static dev.bitfold.onnx.Models.node;
import static dev.bitfold.onnx.Models.tensor;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.Settings;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.protobuf.ByteString;

/** Files that differ in last bits, and what they are for. */
class LastBitsTest {
  private static final int WIDTH = 64;

  /** Rounds the sum of its input and a constant to integers. */
  private static OnnxFile rounding(INDArray constant) {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("rounding")
            .addInput(Models.value("x", WIDTH))
            .addOutput(Models.value("y", WIDTH))
            .addInitializer(tensor("b", constant))
            .addInitializer(tensor("one", Nd4j.scalar(1f)))
            .addInitializer(
                TensorProto.newBuilder()
                    .setName("zero")
                    .setDataType(TensorProto.DataType.INT8_VALUE)
                    .setRawData(ByteString.copyFrom(new byte[1])))
            .addNode(node("Add", "add", "sum", "x", "b"))
            .addNode(node("QuantizeLinear", "q", "codes", "sum", "one", "zero"))
            .addNode(node("DequantizeLinear", "dq", "y", "codes", "one", "zero"));
    return new OnnxFile("rounding.onnx", Models.model(13, graph));
  }

  private static float[] values(ModelProto model, String name) {
    return model.getGraph().getInitializerList().stream()
        .filter(tensor -> tensor.getName().equals(name))
        .map(tensor -> Tensors.floats("a file", tensor))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void onlyLastBitsOfWhatIsComputedWithChange() {
    INDArray constant = Models.random(1, WIDTH);
    constant.putScalar(0, Float.MAX_VALUE);
    OnnxFile file = rounding(constant);
    float[] before = values(file.model(), "b");

    float[] after = values(LastBits.of(file, 3), "b");

    int changed = 0;
    for (int i = 0; i < WIDTH; i++) {
      assertEquals(before[i], after[i], Math.abs(before[i]) * 0x1.2p-20f);
      assertTrue(Float.isFinite(after[i]));
      changed += before[i] == after[i] ? 0 : 1;
    }
    assertTrue(changed > WIDTH / 2);
    assertEquals(1f, values(LastBits.of(file, 3), "one")[0], "single numbers may be exponents");
    assertEquals(LastBits.of(file, 3), LastBits.of(file, 3));
    assertNotEquals(LastBits.of(file, 3), LastBits.of(file, 4));
  }

  @Test
  void whatAnotherOperatorReadsStays() {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("resizing")
            .addInput(Models.value("x", 1, 1, 3, 3))
            .addOutput(Models.value("y", 1, 1, 6, 6))
            .addInitializer(tensor("scales", Nd4j.createFromArray(1f, 1f, 2f, 2f)))
            .addNode(node("Resize", "resize", "y", "x", "", "scales"));
    OnnxFile file = new OnnxFile("resizing.onnx", Models.model(13, graph));

    assertEquals(file.model(), LastBits.of(file, 3));
  }

  /** Every sum is in the middle between 0 and 1, so its last bit decides on the code. */
  @Test
  void aModelThatRoundsTiesTheOtherWayIsTheFilesAndOneThatIsFurtherAwayIsNot() throws Exception {
    INDArray constant = Models.random(2, WIDTH);
    INDArray x = constant.rsub(0.5f);
    OnnxFile file = rounding(constant);
    INDArray ones = Nd4j.ones(WIDTH);
    try (Session session = Session.open(file.model(), Settings.DEFAULT)) {
      Map<String, INDArray> feed = Map.of("x", x);
      assertTrue(whole(file, ones).compare(session, feed) > 0.5);
      assertThrows(OnnxException.class, () -> whole(file, ones.mul(3)).compare(session, feed));
      INDArray far = x.add(0.25);
      assertThrows(
          OnnxException.class,
          () -> whole(file, ones.mul(2)).compare(session, Map.of("x", far)),
          "no sum is near the middle, so nothing may differ");
    }
  }

  private static WholeModel whole(OnnxFile file, INDArray output) {
    return new WholeModel(file, Settings.DEFAULT, feed -> Map.of("y", output), true, "");
  }
}
