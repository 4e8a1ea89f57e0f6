package dev.bitfold.onnx.model;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.integer;
import static dev.bitfold.onnx.model.GraphBuilder.integers;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static dev.bitfold.onnx.model.GraphBuilder.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.reconstruction.Reconstruction;
import dev.bitfold.reconstruction.ReconstructionOptions;
import dev.bitfold.tuning.Allocation;
import dev.bitfold.tuning.Budget;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Convolutions of a file in few bits: reconstructed, chosen under a budget, exported, proved. */
@Tag("any-jdk")
class ReconstructedConvolutionsTest {
  /** One of each kind: strided, padded to one side, grouped, depthwise, transposed. */
  private static byte[] file() {
    return GraphBuilder.of(17)
        .seed(11)
        .input("x", FLOAT, "n", 3, 8, 8)
        .weight("w1", 8, 3, 3, 3)
        .weight("b1", 8)
        .node(
            node("Conv", "strided", List.of("x", "w1", "b1"), "c1")
                .addAttribute(text("auto_pad", "SAME_UPPER"))
                .addAttribute(integers("strides", 2, 2)))
        .node(node("Relu", "relu1", List.of("c1"), "r1"))
        .weight("w2", 8, 4, 3, 3)
        .node(
            node("Conv", "grouped", List.of("r1", "w2"), "c2")
                .addAttribute(integers("pads", 1, 1, 1, 1))
                .addAttribute(integer("group", 2)))
        .node(node("Relu", "relu2", List.of("c2"), "r2"))
        .weight("w3", 8, 1, 3, 3)
        .node(
            node("Conv", "depthwise", List.of("r2", "w3"), "c3")
                .addAttribute(integers("pads", 1, 1, 1, 1))
                .addAttribute(integer("group", 8)))
        .weight("w4", 8, 5, 2, 2)
        .weight("b4", 5)
        .node(
            node("ConvTranspose", "up", List.of("c3", "w4", "b4"), "y")
                .addAttribute(integers("strides", 2, 2)))
        .output("y", FLOAT)
        .bytes();
  }

  private static List<Map<String, INDArray>> batches() {
    return IntStream.range(0, 16)
        .mapToObj(i -> Map.of("x", Nd4j.randn(20 + i, new long[] {2, 3, 8, 8})))
        .toList();
  }

  @Test
  void eachKindIsReconstructedAndProved(@TempDir Path folder) throws Exception {
    Recipe recipe =
        Recipe.of("w3").with(Role.WEIGHT, QuantDescriptor.builder().bits(3).per("O").build());
    try (OnnxModel model = OnnxModel.from(file()).threads(1).open()) {
      Calibration<OnnxModel> nearest =
          model.plan().using(recipe).calibrate(batches(), OnnxModel::forward);

      Calibration<OnnxModel> done = nearest.reconstruct(ReconstructionOptions.DEFAULT);

      assertEquals(Map.of(), done.reconstructions().left());
      assertEquals(4, done.reconstructions().weights().size());
      for (Reconstruction weight : done.reconstructions().weights()) {
        assertTrue(weight.reached() < 0.9 * weight.nearest(), weight.toString());
      }
      Quantized<OnnxModel> quantized = done.freeze();
      double before =
          nearest.freeze().compare(model, batches(), OnnxModel::forward).relativeError();
      double after = quantized.compare(model, batches(), OnnxModel::forward).relativeError();
      assertTrue(after < 0.8 * before, after + " and " + before);
      OnnxQdq.Exported exported = OnnxModel.export(quantized, folder.resolve("w3.onnx"));
      assertInstanceOf(ProofResult.Proved.class, exported.proof());
    }
  }

  /** The plan of a file has a rule for weights of 8 bits, and none for those that get fewer. */
  @Test
  void theDefaultPlanCanChooseFormatsAndReconstruct(@TempDir Path folder) throws Exception {
    try (OnnxModel model = OnnxModel.from(file()).threads(1).open()) {
      Calibration<OnnxModel> chosen =
          model
              .plan()
              .calibrate(batches(), OnnxModel::forward)
              .within(Budget.bitsPerWeight(7.5).among(4, 8).withoutFloats());

      Calibration<OnnxModel> done = chosen.reconstruct(ReconstructionOptions.DEFAULT);

      Allocation allocation = chosen.allocation().orElseThrow();
      assertEquals(Map.of(), allocation.left());
      for (Allocation.Weight weight : allocation.weights()) {
        boolean byRule = weight.format().orElseThrow().format().bits() == 8;
        assertEquals(
            byRule, done.reconstructions().left().containsKey(weight.path()), weight.toString());
      }
      assertTrue(done.reconstructions().weights().size() < 4, allocation.toString());
      OnnxQdq.Exported exported = OnnxModel.export(done.freeze(), folder.resolve("mixed.onnx"));
      assertInstanceOf(ProofResult.Proved.class, exported.proof());
    }
  }

  /** Three products of one value are a layer; left float, it keeps the file's three weights. */
  @Test
  void aLayerOfSeveralNodesMayStayFloatBesideReconstructedOnes(@TempDir Path folder)
      throws Exception {
    byte[] file =
        GraphBuilder.of(17)
            .seed(5)
            .input("x", FLOAT, "n", 16)
            .weight("w0", 16, 16)
            .weight("b0", 16)
            .node(node("MatMul", "first", List.of("x", "w0"), "m0"))
            .node(node("Add", "bias", List.of("m0", "b0"), "h"))
            .weight("wq", 16, 8)
            .weight("wk", 16, 8)
            .weight("wv", 16, 8)
            .node(node("MatMul", "q", List.of("h", "wq"), "qy"))
            .node(node("MatMul", "k", List.of("h", "wk"), "ky"))
            .node(node("MatMul", "v", List.of("h", "wv"), "vy"))
            .node(node("Add", "qk", List.of("qy", "ky"), "qk"))
            .node(node("Add", "qkv", List.of("qk", "vy"), "y"))
            .output("y", FLOAT)
            .bytes();
    List<Map<String, INDArray>> batches =
        IntStream.range(0, 16)
            .mapToObj(i -> Map.of("x", Nd4j.randn(20 + i, new long[] {8, 16})))
            .toList();
    Recipe recipe =
        Recipe.of("w4").with(Role.WEIGHT, QuantDescriptor.builder().bits(4).per("O").build());
    try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
      OnnxLayer several = model.layers().get(1);
      assertEquals(List.of("q", "k", "v"), several.nodes());

      Quantized<OnnxModel> quantized =
          model
              .plan()
              .using(recipe)
              .skip(several.path())
              .calibrate(batches, OnnxModel::forward)
              .reconstruct(ReconstructionOptions.DEFAULT)
              .freeze();

      OnnxQdq.Exported exported = OnnxModel.export(quantized, folder.resolve("w4.onnx"));
      assertInstanceOf(ProofResult.Proved.class, exported.proof());
    }
  }
}
