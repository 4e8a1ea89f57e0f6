package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.proof.ProofResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A file is quantized of which no data has been seen. */
class WithoutDataTest {
  private static final Map<String, INDArray> BATCH = LifecycleTest.batches(1).get(0);

  @Test
  void inputsWithADynamicScaleBecomeProductsOfIntegers(@TempDir Path folder) throws Exception {
    byte[] file = LifecycleTest.encoder().bytes();
    Path out = folder.resolve("dynamic.onnx");
    try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
      Quantized<OnnxModel> int8 = model.plan().using(Recipe.ONNX_DYNAMIC).freeze();

      OnnxQdq.Exported exported = OnnxModel.export(int8, out);

      assertTrue(exported.proof() instanceof ProofResult.Proved, exported.toString());
      assertEquals(
          List.of(
              "attention/query/MatMul.x",
              "attention/output/MatMul.x",
              "fc1/MatMul.x",
              "fc2/MatMul.x"),
          exported.dynamic());
      List<String> operators =
          ModelProto.parseFrom(Files.readAllBytes(out)).getGraph().getNodeList().stream()
              .map(NodeProto::getOpType)
              .toList();
      assertEquals(6, operators.stream().filter("MatMulInteger"::equals).count());
      assertEquals(4, operators.stream().filter("DynamicQuantizeLinear"::equals).count());
      INDArray simulated = int8.model().forward(BATCH);
      double error = Whole.difference(Whole.run(file, BATCH), simulated);
      assertTrue(error > 1e-4 && error < 0.1, "error " + error);
      assertTrue(Whole.difference(Whole.run(Files.readAllBytes(out), BATCH), simulated) < 0.02);
    }
  }

  @Test
  void weightsAlone(@TempDir Path folder) throws Exception {
    byte[] file = LifecycleTest.encoder().bytes();
    Path out = folder.resolve("weights.onnx");
    try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
      Quantized<OnnxModel> int8 = model.plan().using(Recipe.INT8_WEIGHTS).freeze();

      OnnxQdq.Exported exported = OnnxModel.export(int8, out);

      ProofResult.Proved proof = (ProofResult.Proved) exported.proof();
      assertEquals(Map.of("session.disable_quant_qdq", "1"), proof.settings());
      assertEquals(List.of(), exported.dynamic());
      assertTrue(exported.bytes() < file.length / 2, exported.bytes() + " of " + file.length);
    }
  }
}
