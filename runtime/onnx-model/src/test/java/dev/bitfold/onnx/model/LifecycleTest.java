package dev.bitfold.onnx.model;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.INT64;
import static dev.bitfold.onnx.model.GraphBuilder.integer;
import static dev.bitfold.onnx.model.GraphBuilder.integers;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.model.cut.LeftNode;
import dev.bitfold.onnx.proof.ProofResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A block of attention over a table of embeddings goes the whole way. */
class LifecycleTest {
  private static final long SEED = 3;
  private static final int WIDTH = 32;

  static GraphBuilder encoder() {
    return GraphBuilder.of(17)
        .seed(SEED)
        .input("ids", INT64, "rows", "columns")
        .weight("table", 50, WIDTH)
        .node(node("Gather", "embeddings/Gather", List.of("table", "ids"), "x"))
        .weight("wq", WIDTH, WIDTH)
        .weight("bq", WIDTH)
        .weight("wk", WIDTH, WIDTH)
        .weight("bk", WIDTH)
        .weight("wv", WIDTH, WIDTH)
        .weight("bv", WIDTH)
        .node(node("MatMul", "attention/query/MatMul", List.of("x", "wq"), "q0"))
        .node(node("Add", "attention/query/Add", List.of("bq", "q0"), "q"))
        .node(node("MatMul", "attention/key/MatMul", List.of("x", "wk"), "k0"))
        .node(node("Add", "attention/key/Add", List.of("k0", "bk"), "k"))
        .node(node("MatMul", "attention/value/MatMul", List.of("x", "wv"), "v0"))
        .node(node("Add", "attention/value/Add", List.of("v0", "bv"), "v"))
        .node(node("Transpose", "t", List.of("k"), "kt").addAttribute(integers("perm", 0, 2, 1)))
        .node(node("MatMul", "attention/scores", List.of("q", "kt"), "s"))
        .node(node("Softmax", "softmax", List.of("s"), "p").addAttribute(integer("axis", -1)))
        .node(node("MatMul", "attention/context", List.of("p", "v"), "c"))
        .weight("wo", WIDTH, WIDTH)
        .weight("bo", WIDTH)
        .node(node("MatMul", "attention/output/MatMul", List.of("c", "wo"), "o0"))
        .node(node("Add", "attention/output/Add", List.of("o0", "bo"), "o"))
        .node(node("Add", "residual", List.of("o", "x"), "r"))
        .weight("w1", WIDTH, 2 * WIDTH)
        .weight("b1", 2 * WIDTH)
        .node(node("MatMul", "fc1/MatMul", List.of("r", "w1"), "h0"))
        .node(node("Add", "fc1/Add", List.of("h0", "b1"), "h1"))
        .node(node("Relu", "relu", List.of("h1"), "h"))
        .weight("w2", 2 * WIDTH, WIDTH)
        .node(node("MatMul", "fc2/MatMul", List.of("h", "w2"), "y"))
        .output("y", FLOAT);
  }

  static List<Map<String, INDArray>> batches(int count) {
    List<Map<String, INDArray>> batches = new ArrayList<>();
    java.util.Random random = new java.util.Random(SEED);
    for (int i = 0; i < count; i++) {
      long[] ids = random.longs(2L * (3 + i), 0, 50).toArray();
      batches.add(Map.of("ids", Nd4j.createFromArray(ids).reshape(2, 3 + i)));
    }
    return batches;
  }

  @Test
  void findsTheLayersAndSaysOfTheOthersWhyTheyAreNone() throws Exception {
    try (OnnxModel model = OnnxModel.from(encoder().bytes()).open()) {
      assertEquals(
          List.of(
              "embeddings/Gather",
              "attention/query/MatMul",
              "attention/output/MatMul",
              "fc1/MatMul",
              "fc2/MatMul"),
          model.layers().stream().map(OnnxLayer::path).toList());
      assertEquals(
          List.of("attention/query/MatMul", "attention/key/MatMul", "attention/value/MatMul"),
          model.layers().get(1).nodes());
      assertEquals(List.of(32L, 96L), model.layers().get(1).weightShape());
      assertEquals(
          List.of("attention/scores", "attention/context"),
          model.left().stream().map(LeftNode::node).toList());
    }
  }

  @Test
  void theCutModelComputesWhatTheWholeFileDoes() throws Exception {
    byte[] file = encoder().bytes();
    try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
      for (Map<String, INDArray> batch : batches(3)) {
        assertTrue(Whole.difference(Whole.run(file, batch), model.forward(batch)) < 1e-5);
      }
    }
  }

  @Test
  void keepsProductsFromSaturatingUnlessAsked() throws Exception {
    try (OnnxModel model = OnnxModel.from(encoder().bytes()).threads(1).open()) {
      List<Map<String, INDArray>> batches = batches(2);
      Plan<OnnxModel> plan = model.plan();
      String byDefault = weightAmax(plan.calibrate(batches, OnnxModel::forward));
      String explicit =
          weightAmax(
              plan.withWeightAmax(WeightAmax.ofDescriptor())
                  .calibrate(batches, OnnxModel::forward)
                  .weightAmax(OnnxQdq.nonSaturating()));
      String full =
          weightAmax(
              plan.withWeightAmax(WeightAmax.ofDescriptor())
                  .calibrate(batches, OnnxModel::forward));

      assertEquals(explicit, byDefault);
      assertNotEquals(full, byDefault);
      // Weights with one scale for all, and float inputs, are left alone.
      assertDoesNotThrow(
          () ->
              plan.describe("**.weight", QuantDescriptor.bits(8))
                  .calibrate(batches, OnnxModel::forward)
                  .freeze());
    }
  }

  private static String weightAmax(Calibration<OnnxModel> calibration) {
    return calibration.freeze().summary().rows().stream()
        .filter(row -> row.role() == TensorRole.WEIGHT)
        .map(row -> row.path() + " " + row.amax() + "\n")
        .collect(Collectors.joining());
  }

  @Test
  void goesFromTheFileToAProvedFile(@TempDir Path folder) throws Exception {
    byte[] file = encoder().bytes();
    Path out = folder.resolve("int8.onnx");
    try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
      List<Map<String, INDArray>> batches = batches(6);
      Calibration<OnnxModel> calibration =
          model.plan().calibrate(batches, OnnxModel::forward).smoothQuant().correctBiases();
      Quantized<OnnxModel> int8 = calibration.freeze();
      OnnxQdq.Exported exported = OnnxModel.export(int8, out);

      assertTrue(exported.proof() instanceof ProofResult.Proved, exported.toString());
      INDArray simulated = int8.model().forward(batches.get(0));
      assertTrue(
          Whole.difference(Whole.run(Files.readAllBytes(out), batches.get(0)), simulated) < 0.02);
      double error = Whole.difference(Whole.run(file, batches.get(0)), simulated);
      assertTrue(error > 1e-5 && error < 0.1, "error " + error);

      Path saved = folder.resolve("int8.safetensors");
      int8.save(saved);
      assertEquals(simulated, model.load(saved).model().forward(batches.get(0)));
      assertEquals(DataType.FLOAT, simulated.dataType());
    }
  }
}
